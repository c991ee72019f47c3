//! What was probably meant.

/// Of some names, the one that a mistyped word most probably stands for, if any is near enough. One that differs in case alone
/// comes first.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = word.to_lowercase();
    let length = typed.chars().count();
    if length == 0 || length > 200 {
        return None;
    }
    let allowed = (length / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.len().abs_diff(typed.len()) > 4 * allowed {
            continue;
        }
        let lower = candidate.to_lowercase();
        if lower == typed {
            return Some(candidate);
        }
        if lower.chars().count().abs_diff(length) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&typed, &lower);
        if distance <= allowed
            && distance < length
            && best.is_none_or(|(shortest, _)| distance < shortest)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The hint that names [`nearest`], or else another.
#[must_use]
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match nearest(word, candidates) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => otherwise(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("strat_date", Some("start_date"))]
    #[case("START_DATE", Some("start_date"))]
    #[case("nmae", Some("name"))]
    #[case("affected_role", Some("affected_roles"))]
    #[case("xyz", None)]
    #[case("", None)]
    #[case("日本", None)]
    fn the_nearest_name_is_found(#[case] word: &str, #[case] expected: Option<&str>) {
        let names = ["name", "start_date", "start_time", "affected_roles"];
        assert_eq!(nearest(word, names), expected);
    }
}
