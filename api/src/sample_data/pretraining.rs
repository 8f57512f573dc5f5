//! The training of a small language model: one long run with system metrics, and one that failed before it.

use runledger_domain::RunStatus;
use runledger_domain::points::Point;

use super::noise::Noise;
use super::{SampleExperiment, SampleRun, dataset, pair};

const HOUR: i64 = 3_600_000;
const STEPS: u32 = 20_000;
const STEP_TIME: i64 = 1_300;
const WARM_UP: f64 = 1_000.0;
/// System metrics are taken every half minute.
const SAMPLE_TIME: i64 = 30_000;
const SPIKE: u32 = 8_240;

pub(super) fn experiment(now: i64) -> SampleExperiment {
    let note = "# Small language model\n\n124M parameters on *FineWeb*. The first try **failed**: its learning rate was ten \
                times too high. See `train/grad_norm` before step 2,900.\n";
    SampleExperiment {
        name: "llm-pretraining",
        tags: vec![pair("mlflow.note.content", note), pair("team", "language")],
        runs: vec![failed(now - 30 * HOUR), finished(now - 20 * HOUR)],
    }
}

fn finished(start: i64) -> SampleRun {
    let end = start + i64::from(STEPS) * STEP_TIME;
    let note = "The long run.\n\n1. warm-up of 1,000 steps\n2. cosine down to a tenth\n\nThe spike at step 8,240 is a bad shard; the \
                loss of that step was `NaN` on one worker and the step was skipped.";
    SampleRun {
        name: "gpt-124m".to_owned(),
        user: "chloe",
        status: RunStatus::Finished,
        start,
        end,
        params: params(6e-4),
        tags: vec![pair("mlflow.note.content", note), pair("mlflow.source.name", "pretrain.py"), pair("gpu", "A100")],
        metrics: [training(start, STEPS, 6e-4), system(start, end)].concat(),
        datasets: vec![dataset(
            "fineweb-10B",
            "0f3c9a7e",
            "https://huggingface.co/datasets/HuggingFaceFW/fineweb",
            "training",
        )],
        files: vec![
            ("samples/step-20000.md", SAMPLES.as_bytes().to_vec()),
            ("config.json", CONFIG.as_bytes().to_vec()),
            (
                "eval/hellaswag.csv",
                "step,accuracy\n5000,0.271\n10000,0.286\n15000,0.294\n20000,0.298\n".as_bytes().to_vec(),
            ),
        ],
        children: Vec::new(),
    }
}

fn failed(start: i64) -> SampleRun {
    let steps = 3_000;
    let end = start + i64::from(steps) * STEP_TIME;
    SampleRun {
        name: "gpt-124m-lr6e-3".to_owned(),
        user: "chloe",
        status: RunStatus::Failed,
        start,
        end,
        params: params(6e-3),
        tags: vec![
            pair("mlflow.note.content", "Out of range after step 2,900."),
            pair("mlflow.source.name", "pretrain.py"),
        ],
        metrics: [training(start, steps, 6e-3), system(start, end)].concat(),
        datasets: Vec::new(),
        files: vec![(
            "log.txt",
            b"step 2900: loss 7.91, grad norm 41.0\nstep 2950: loss nan\nRuntimeError: the loss is not finite\n"
                .to_vec(),
        )],
        children: Vec::new(),
    }
}

fn params(lr: f64) -> Vec<runledger_domain::KeyValue> {
    vec![
        pair("layers", 12),
        pair("heads", 12),
        pair("width", 768),
        pair("context", 1024),
        pair("tokens_per_step", 524_288),
        pair("lr", lr),
        pair("schedule", "cosine"),
        pair("precision", "bf16"),
    ]
}

fn training(start: i64, steps: u32, lr: f64) -> Vec<(&'static str, Vec<Point>)> {
    let mut noise = Noise::new(7);
    let mut columns: [Vec<Point>; 4] = Default::default();
    let mut evaluated = Vec::new();
    let high = lr > 1e-3;
    for step in (0..steps).step_by(5) {
        let at = f64::from(step);
        let (progress, warm) = (at / f64::from(STEPS), (at / WARM_UP).min(1.0));
        let mut loss = 3.05 + 7.9 * (-at / 260.0).exp() + 1.35 * (-at / 5_200.0).exp() + 0.035 * noise.normal();
        let mut norm = 0.35 + 4.0 * (-at / 500.0).exp() + 0.06 * noise.normal().abs();
        if high && at > 1_500.0 {
            let drift = (at - 1_500.0) / 1_400.0;
            loss += 3.4 * drift.powi(3);
            norm *= (3.7 * drift).exp();
        }
        if step == SPIKE {
            (loss, norm) = (f64::NAN, 38.0);
        } else if step > SPIKE && step < SPIKE + 120 {
            loss += 3.2 * (-(at - f64::from(SPIKE)) / 35.0).exp();
        }
        if high && step >= 2_950 {
            loss = f64::NAN;
        }
        let rate = lr * warm * (0.1 + 0.45 * (1.0 + (std::f64::consts::PI * progress).cos()));
        let timestamp = start + i64::from(step) * STEP_TIME;
        for (column, value) in columns.iter_mut().zip([loss, norm, rate, 403_000.0 + 2_500.0 * noise.normal()]) {
            column.push(Point { step: i64::from(step), timestamp, value });
        }
        if step % 250 == 0 && loss.is_finite() {
            let value = loss + 0.05 + 0.01 * noise.normal();
            evaluated.push(Point { step: i64::from(step), timestamp, value });
        }
    }
    let keys = ["train/loss", "train/grad_norm", "lr", "tokens_per_s"];
    let mut metrics: Vec<_> = keys.into_iter().zip(columns).collect();
    metrics.push(("val/loss", evaluated));
    metrics
}

/// As MLflow's client logs them.
fn system(start: i64, end: i64) -> Vec<(&'static str, Vec<Point>)> {
    let mut noise = Noise::new(11);
    let samples = u32::try_from((end - start) / SAMPLE_TIME).unwrap_or_default();
    // The key, its mean and how much it varies.
    let measured = [
        ("system/cpu_utilization_percentage", 34.0, 6.0),
        ("system/system_memory_usage_megabytes", 61_400.0, 220.0),
        ("system/gpu_0_utilization_percentage", 97.0, 1.4),
        ("system/gpu_0_memory_usage_megabytes", 71_900.0, 90.0),
        ("system/gpu_0_power_usage_watts", 386.0, 9.0),
        ("system/disk_usage_percentage", 48.0, 0.1),
        ("system/network_receive_megabytes", 142.0, 25.0),
    ];
    let mut metrics: Vec<(&'static str, Vec<Point>)> = measured.iter().map(|(key, ..)| (*key, Vec::new())).collect();
    for sample in 0..samples {
        // Every two hours a checkpoint is written, and the GPU waits.
        let writes = sample % 240 > 235;
        let timestamp = start + i64::from(sample) * SAMPLE_TIME;
        for ((key, points), (_, mean, spread)) in metrics.iter_mut().zip(measured) {
            let idle = writes && key.contains("gpu_0_utilization");
            let value = if idle { 6.0 } else { (mean + spread * noise.normal()).max(0.0) };
            let value = if key.ends_with("percentage") { value.min(100.0) } else { value };
            points.push(Point { step: i64::from(sample), timestamp, value });
        }
    }
    metrics
}

const SAMPLES: &str = "# Samples at step 20,000\n\n> **The city of** Lyon lies where two rivers meet, and its markets have been known \
    since the days of the silk weavers.\n\n> **To make bread** one needs flour, water, salt, and some time; the dough should rest for \
    an hour.\n\n```text\ntemperature 0.8, top-k 50\n```\n";

const CONFIG: &str = "{\n  \"model\": {\"layers\": 12, \"heads\": 12, \"width\": 768},\n  \"data\": {\"shards\": 103, \"seed\": 1337},\n  \
    \"optimizer\": {\"name\": \"adamw\", \"betas\": [0.9, 0.95], \"weight_decay\": 0.1}\n}\n";
