//! A strict reader of Prometheus text 0.0.4, and of `OpenMetrics` as far as the two differ, by the documentation of the formats.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

/// The samples of an exposition, by name and labels as they stand: `a_total{b="c"}`.
#[derive(Debug, Default)]
pub struct Scraped {
    /// The value of each sample.
    pub samples: BTreeMap<String, f64>,
    /// The type of each family.
    pub types: BTreeMap<String, String>,
}

impl Scraped {
    /// The value of a sample that is there.
    #[track_caller]
    pub fn value(&self, sample: &str) -> f64 {
        let found = self.samples.get(sample);
        *found.unwrap_or_else(|| panic!("no {sample} in {:#?}", self.samples))
    }
}

/// Reads Prometheus text 0.0.4.
#[track_caller]
pub fn text(body: &str) -> Scraped {
    assert!(!body.contains("# EOF"), "that belongs to OpenMetrics");
    let scraped = read(body);
    for (name, kind) in &scraped.types {
        let known = ["counter", "gauge", "histogram", "summary", "untyped"];
        assert!(known.contains(&kind.as_str()), "{name} is {kind}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
    }
    scraped
}

/// Reads `OpenMetrics` 1.0.0.
#[track_caller]
pub fn open_metrics(body: &str) -> Scraped {
    let body = body.strip_suffix("# EOF\n").expect("ends with # EOF");
    assert!(!body.contains("\n\n"), "no empty lines");
    let scraped = read(body);
    for (name, kind) in &scraped.types {
        assert!(!(kind == "counter" && name.ends_with("_total")), "{name}");
    }
    scraped
}

fn read(body: &str) -> Scraped {
    assert!(body.ends_with('\n'), "the last line ends");
    let comment = Regex::new(r"^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$").expect("a regex");
    let mut scraped = Scraped::default();
    let mut families: Vec<String> = Vec::new();
    let mut helped = BTreeSet::new();
    for line in body.lines() {
        if line.starts_with('#') {
            let parts = comment.captures(line).unwrap_or_else(|| panic!("{line:?}"));
            let (name, rest) = (parts[2].to_owned(), parts[3].to_owned());
            if families.last() != Some(&name) {
                assert!(!families.contains(&name), "{name} is in one group");
                families.push(name.clone());
            }
            if &parts[1] == "TYPE" {
                assert!(scraped.types.insert(name, rest).is_none(), "{line}");
            } else {
                assert!(helped.insert(name), "{line}");
            }
            continue;
        }
        let (series, value) = sample(line);
        let family = families.last().expect("described first");
        let name = series.split('{').next().expect("a name");
        assert!(
            belongs(name, family, &scraped.types[family]),
            "{line} in {family}"
        );
        assert!(
            scraped.samples.insert(series, value).is_none(),
            "{line} is there once"
        );
    }
    for (name, kind) in &scraped.types {
        if kind == "histogram" {
            histogram(name, &scraped);
        }
    }
    scraped
}

fn belongs(name: &str, family: &str, kind: &str) -> bool {
    let suffixes: &[&str] = match kind {
        "counter" => &["_total", ""],
        "histogram" => &["_bucket", "_sum", "_count"],
        _ => &[""],
    };
    suffixes
        .iter()
        .any(|suffix| name == format!("{family}{suffix}"))
}

fn sample(line: &str) -> (String, f64) {
    let label = r#"[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*""#;
    let form = format!(r"^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{{(?:{label}(?:,{label})*)?\}})?) (\S+)$");
    let form = Regex::new(&form).expect("a regex");
    let parts = form.captures(line).unwrap_or_else(|| panic!("{line:?}"));
    let value = match &parts[2] {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        number => number.parse().unwrap_or_else(|_| panic!("{line:?}")),
    };
    (parts[1].to_owned(), value)
}

/// Buckets are cumulative, and the last one has everything.
fn histogram(name: &str, scraped: &Scraped) {
    let bound = Regex::new(r#"^[^{]*\{le="([^"]+)"\}$"#).expect("a regex");
    let prefix = format!("{name}_bucket");
    let mut buckets: Vec<(f64, f64)> = scraped
        .samples
        .iter()
        .filter(|(series, _)| series.starts_with(&prefix))
        .map(|(series, count)| {
            let text = &bound.captures(series).expect("a bound")[1];
            let bound = text.replace("+Inf", "inf").parse().expect("a number");
            (bound, *count)
        })
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(
        buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1),
        "{buckets:?}"
    );
    let (last, all) = buckets.last().expect("a bucket");
    assert!(last.is_infinite());
    assert!((all - scraped.value(&format!("{name}_count"))).abs() < f64::EPSILON);
    assert!(scraped.value(&format!("{name}_sum")) >= 0.0);
}
