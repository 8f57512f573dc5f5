//! A hyper-parameter sweep of a small image classifier: forty runs, most good, some bad, one with a spike, two that diverge.

use runledger_domain::RunStatus;
use runledger_domain::points::Point;

use super::noise::Noise;
use super::{SampleExperiment, SampleRun, dataset, images, lines, pair};

const RUNS: u32 = 40;
const EPOCHS: u32 = 60;
const MINUTE: i64 = 60_000;
const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
/// Runs of which something is to be told.
const SPIKE: u32 = 17;
const DIVERGES: [u32; 2] = [9, 30];
const STOPPED: u32 = 23;

pub(super) fn experiment(now: i64) -> SampleExperiment {
    let note = "# CIFAR-10 sweep\n\nWhich **optimizer** and **learning rate** suit the small ResNet? Random search over 40 \
                runs.\n\n- good runs reach `val/acc` above 0.9\n- a learning rate above 0.05 diverges\n\n\
                | optimizer | worth a try |\n|---|---|\n| adam | 1e-3 |\n| lion | 3e-4 |\n| sgd | 2e-2 |\n";
    SampleExperiment {
        name: "cifar10-sweep",
        tags: vec![pair("mlflow.note.content", note), pair("team", "vision"), pair("stage", "research")],
        runs: (0..RUNS).map(|number| run(number, now - i64::from(RUNS - number) * 45 * MINUTE)).collect(),
    }
}

fn run(number: u32, start: i64) -> SampleRun {
    let mut noise = Noise::new(u64::from(number) + 1);
    let optimizer = noise.choose(["adam", "sgd", "lion"]);
    let diverges = DIVERGES.contains(&number);
    let exponent = if diverges { -1.1 } else { -4.5 + 3.0 * noise.uniform() };
    let lr = 10f64.powf(exponent);
    let (batch_size, depth) = (noise.choose([64, 128, 256]), noise.choose([20, 32, 56]));
    let dropout = noise.choose([0.0, 0.1, 0.3]);
    let best = match optimizer {
        "adam" => -3.0,
        "lion" => -3.5,
        _ => -1.7,
    };
    // How far the learning rate is from a good one decides how fast the run learns and where it ends.
    let quality = (-(exponent - best).powi(2) / 1.2).exp();
    let (rate, floor) = (0.03 + 0.09 * quality, 0.9 - 0.75 * quality + 0.1 * dropout);
    let epoch_time = 12_000 + i64::from(depth) * 250;
    let epochs = if number == STOPPED { 22 } else { EPOCHS };
    let broken = if diverges { 24 } else { u32::MAX };
    let end = start + i64::from(epochs.min(broken.saturating_add(2)) + 1) * epoch_time;
    let mut columns: [Vec<Point>; 5] = Default::default();
    for epoch in 0..epochs.min(broken.saturating_add(2)) {
        let learned = 1.0 - (-rate * f64::from(epoch)).exp();
        let mut loss = 2.303 - (2.303 - floor) * learned + 0.03 * noise.normal();
        if number == SPIKE && epoch == 31 {
            loss += 6.5;
        }
        if diverges {
            loss = 2.303 + 0.02 * 1.3f64.powi(i32::try_from(epoch).unwrap_or_default());
        }
        let mut validation = loss + 0.08 * learned * (1.0 - dropout) + 0.04 * noise.normal();
        if epoch >= broken {
            (loss, validation) = (f64::NAN, f64::NAN);
        }
        let accuracy = (0.1 + (0.86 * learned) * (0.45 + 0.62 * quality) + 0.008 * noise.normal()).clamp(0.05, 0.97);
        let accuracy = if diverges { 0.1 + 0.004 * noise.normal() } else { accuracy };
        let cooled = lr * 0.5 * (1.0 + (std::f64::consts::PI * f64::from(epoch) / f64::from(EPOCHS)).cos());
        let values =
            [loss, validation, accuracy, cooled, 50_000_000.0 / f64::from(u32::try_from(epoch_time).unwrap_or(1))];
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(Point { step: i64::from(epoch), timestamp: start + i64::from(epoch + 1) * epoch_time, value });
        }
    }
    let status = match number {
        _ if diverges => RunStatus::Failed,
        STOPPED => RunStatus::Killed,
        _ => RunStatus::Finished,
    };
    let mut tags = vec![pair("mlflow.source.name", "train.py"), pair("sweep", "random-1")];
    if diverges {
        tags.push(pair("mlflow.note.content", "Diverged after epoch 24: the learning rate is too high."));
    } else if number == SPIKE {
        tags.push(pair("mlflow.note.content", "A spike at epoch 31, from one corrupt batch. It recovered."));
    }
    let keys = ["train/loss", "val/loss", "val/acc", "lr", "images_per_s"];
    SampleRun {
        name: format!("sweep-{number:02}"),
        user: noise.choose(["ann", "ben", "chloe"]),
        status,
        start,
        end,
        params: vec![
            pair("model", format!("resnet{depth}")),
            pair("optimizer", optimizer),
            pair("lr", format!("{lr:.2e}")),
            pair("batch_size", batch_size),
            pair("dropout", dropout),
            pair("epochs", EPOCHS),
            pair("seed", number),
        ],
        tags,
        metrics: keys.into_iter().zip(columns).collect(),
        datasets: vec![
            dataset("cifar10", "6a7d2f31", "https://www.cs.toronto.edu/~kriz/cifar.html", "training"),
            dataset("cifar10-test", "c58f30c1", "https://www.cs.toronto.edu/~kriz/cifar.html", "validation"),
        ],
        files: if status == RunStatus::Finished { files(&mut noise, quality) } else { failure(diverges) },
        children: Vec::new(),
    }
}

fn files(noise: &mut Noise, quality: f64) -> Vec<(&'static str, Vec<u8>)> {
    let right = (0.55 + 0.4 * quality).min(0.96);
    let mut csv = vec!["class,precision,recall,support".to_owned()];
    let mut matrix = Vec::new();
    for (row, class) in CLASSES.into_iter().enumerate() {
        let mut score = || (right + 0.04 * noise.normal()).clamp(0.05, 0.99);
        let (precision, recall) = (score(), score());
        csv.push(format!("{class},{precision:.3},{recall:.3},1000"));
        let others = (1.0 - recall) / 4.0;
        matrix.extend((0..CLASSES.len()).map(|column| if column == row { recall } else { others * noise.uniform() }));
    }
    vec![
        ("report.csv", lines(&csv)),
        ("plots/confusion.png", images::heat_map(&matrix, CLASSES.len())),
        (
            "config.json",
            format!("{{\n  \"classes\": {CLASSES:?},\n  \"augment\": true,\n  \"image\": [32, 32, 3]\n}}\n")
                .into_bytes(),
        ),
    ]
}

fn failure(diverged: bool) -> Vec<(&'static str, Vec<u8>)> {
    if !diverged {
        return Vec::new();
    }
    let text = "epoch 23: train/loss 10.7\nepoch 24: train/loss nan\nTraceback (most recent call last):\n  File \"train.py\", \
                line 88, in <module>\n    check_finite(loss)\nFloatingPointError: the loss is nan\n";
    vec![("log.txt", text.as_bytes().to_vec())]
}
