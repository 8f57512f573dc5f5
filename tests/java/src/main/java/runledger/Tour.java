package runledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow_project.google.protobuf.InvalidProtocolBufferException;
import org.mlflow_project.google.protobuf.MessageOrBuilder;
import org.mlflow_project.google.protobuf.util.JsonFormat;

/**
 * What the Java client is used for, once through: prints a line for each thing it read back, a name and JSON.
 *
 * <p>Arguments: the tracking URI, and a word that makes all names unique.
 */
public final class Tour {
  private final MlflowClient client;
  private final String word;

  private Tour(MlflowClient client, String word) {
    this.client = client;
    this.word = word;
  }

  public static void main(String[] arguments) throws Exception {
    try (MlflowClient client = new MlflowClient(arguments[0])) {
      Tour tour = new Tour(client, arguments[1]);
      String experimentId = tour.experiments();
      String runId = tour.run(experimentId);
      tour.contextOfRuns();
      tour.searches(experimentId);
      tour.registry(runId);
      tour.refusals(runId);
    }
  }

  private String experiments() throws InvalidProtocolBufferException {
    String id = client.createExperiment("java " + word);
    client.setExperimentTag(id, "team", "jvm");
    show("experiment", client.getExperiment(id));
    show("experiment by name", client.getExperimentByName("java " + word).get());
    String other = client.createExperiment("java other " + word);
    client.renameExperiment(other, "java renamed " + word);
    client.deleteExperiment(other);
    show("deleted experiment", client.getExperiment(other));
    client.restoreExperiment(other);
    String ours = "name LIKE 'java %" + word + "'";
    show(
        "experiments",
        client.searchExperiments(ours, ViewType.ALL, 10, List.of("name DESC")).getItems());
    show("first of the experiments", client.searchExperiments(ours).getItems().get(0));
    return id;
  }

  private String run(String experimentId) throws InvalidProtocolBufferException {
    String id = client.createRun(experimentId).getRunId();
    client.logParam(id, "depth", "3");
    client.logMetric(id, "loss", 0.5, 1000, 1);
    client.logMetric(id, "loss", 0.25, 2000, 2);
    client.logMetric(id, "odd", Double.NaN, 1000, 0);
    client.setTag(id, "kind", "java");
    client.setTag(id, "gone", "soon");
    client.deleteTag(id, "gone");
    List<Metric> metrics = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      metrics.add(Metric.newBuilder().setKey("m").setValue(i / 2.0).setTimestamp(1000 + i).setStep(i).build());
    }
    Param param = Param.newBuilder().setKey("rate").setValue("0.1").build();
    RunTag tag = RunTag.newBuilder().setKey("batch").setValue("é").build();
    client.logBatch(id, metrics, List.of(param), List.of(tag));
    client.setTerminated(id, RunStatus.FINISHED, 5000);
    show("run", client.getRun(id));
    show("history", client.getMetricHistory(id, "m"));
    return id;
  }

  private void contextOfRuns() throws InvalidProtocolBufferException {
    MlflowContext context = new MlflowContext(client).setExperimentName("java " + word);
    ActiveRun parent = context.startRun("parent");
    ActiveRun child = context.startRun("child", parent.getId());
    child.logParams(Map.of("a", "1", "b", "2"));
    child.logMetrics(Map.of("x", 1.5, "y", 2.5), 3);
    child.endRun(RunStatus.FAILED);
    parent.endRun();
    show("child", client.getRun(child.getId()));
    show("parent", client.getRun(parent.getId()));
  }

  private void searches(String experimentId) throws InvalidProtocolBufferException {
    List<String> experiments = List.of(experimentId);
    show("runs with a filter", client.searchRuns(experiments, "metrics.loss < 0.3 and params.depth = '3'"));
    show(
        "first page",
        client.searchRuns(experiments, "", ViewType.ACTIVE_ONLY, 1, List.of("attributes.status ASC")).getItems());
    String deleted = client.createRun(experimentId).getRunId();
    client.deleteRun(deleted);
    show("deleted runs", client.searchRuns(experiments, "", ViewType.DELETED_ONLY));
    client.restoreRun(deleted);
    print("active runs", String.valueOf(client.searchRuns(experiments, "").size()));
  }

  private void registry(String runId) throws InvalidProtocolBufferException {
    String name = "java-model-" + word;
    String source = client.getRun(runId).getInfo().getArtifactUri() + "/model";
    client.sendPost("registered-models/create", "{\"name\": \"" + name + "\", \"description\": \"from Java\"}");
    for (int i = 0; i < 2; i++) {
      String body = "{\"name\": \"" + name + "\", \"source\": \"" + source + "\", \"run_id\": \"" + runId + "\"}";
      client.sendPost("model-versions/create", body);
    }
    String staging = "{\"name\": \"" + name + "\", \"version\": \"1\", \"stage\": \"Staging\"}";
    client.sendPost("model-versions/transition-stage", staging);
    client.sendPatch(
        "model-versions/update", "{\"name\": \"" + name + "\", \"version\": \"2\", \"description\": \"second\"}");
    show("registered model", client.getRegisteredModel(name));
    show("version", client.getModelVersion(name, "2"));
    show("latest", client.getLatestVersions(name));
    show("latest in staging", client.getLatestVersions(name, List.of("Staging")));
    print("download", '"' + client.getModelVersionDownloadUri(name, "1") + '"');
    String ours = "name = '" + name + "'";
    show("versions", client.searchModelVersions(ours).getItems());
    show(
        "page of versions",
        client.searchModelVersions(ours, 1, List.of("version_number ASC")).getNextPage().getItems());
  }

  private void refusals(String runId) {
    refused("unknown run", () -> client.getRun("f".repeat(32)));
    refused("a param changes", () -> client.logParam(runId, "depth", "4"));
    refused("a name is taken", () -> client.createExperiment("java " + word));
    refused("a bad filter", () -> client.searchRuns(List.of("0"), "bogus"));
    refused("unknown model", () -> client.getRegisteredModel("nobody-has-this-name"));
    refused("unknown version", () -> client.getModelVersion("java-model-" + word, "9"));
  }

  private void refused(String name, Runnable call) {
    try {
      call.run();
      print(name, "\"accepted\"");
    } catch (MlflowHttpException error) {
      print(name, error.getBodyMessage());
    } catch (MlflowClientException error) {
      print(name, '"' + error.getClass().getSimpleName() + '"');
    }
  }

  private static void show(String name, Iterable<? extends MessageOrBuilder> messages)
      throws InvalidProtocolBufferException {
    List<String> texts = new ArrayList<>();
    for (MessageOrBuilder message : messages) {
      texts.add(json(message));
    }
    print(name, texts.toString());
  }

  private static void show(String name, MessageOrBuilder message) throws InvalidProtocolBufferException {
    print(name, json(message));
  }

  private static String json(MessageOrBuilder message) throws InvalidProtocolBufferException {
    return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
  }

  private static void print(String name, String json) {
    System.out.println(name + "\t" + json.replace("\n", " "));
  }
}
