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

    #[test]
    fn of_names_that_are_equally_near_the_first_is_found() {
        assert_eq!(nearest("holes", ["poles", "roles"]), Some("poles"));
        assert_eq!(nearest("holes", ["roles", "poles"]), Some("roles"));
    }

    #[test]
    fn of_names_that_are_near_the_nearest_is_found_wherever_it_stands() {
        let names = ["abcdxy", "abcdex", "abcxef"];
        assert_eq!(nearest("abcdef", names), Some("abcdex"));
        assert_eq!(nearest("abcdef", ["abcdex", "abcdxy"]), Some("abcdex"));
    }

    #[test]
    fn a_word_of_more_than_200_characters_gets_no_suggestion() {
        let (longest, longer) = ("a".repeat(200), "a".repeat(201));
        assert_eq!(nearest(&longest, [longest.as_str()]), Some(&*longest));
        assert_eq!(nearest(&longer, [longer.as_str()]), None);
    }

    #[rstest]
    #[case("abc", "abc🦀")]
    #[case("abc🦀", "abc")]
    #[case("abcdef", "abcdef🦀🦀")]
    #[case("abcdefghijkl", "abcdefghijkl🦀🦀🦀🦀")]
    fn a_mistyped_character_counts_once_whatever_its_length_in_bytes(
        #[case] word: &str,
        #[case] name: &str,
    ) {
        assert_eq!(nearest(word, [name]), Some(name));
    }

    #[rstest]
    #[case("abcde", "abcdx", true)]
    #[case("abcde", "abcxy", false)]
    #[case("abcdef", "abcdxy", true)]
    #[case("abcdef", "abcxyz", false)]
    #[case("abcdefghijklmno", "abcdefghijk1234", true)]
    #[case("abcdefghijklmno", "abcdefghij12345", false)]
    #[case("abcdefghijklmno", "abcdefghijklmno1234", true)]
    #[case("abcdefghijklmno", "abcdefghijklmno12345", false)]
    #[case("a", "b", false)]
    #[case("ab", "b", true)]
    fn a_third_of_the_characters_may_differ_but_four_at_most(
        #[case] word: &str,
        #[case] name: &str,
        #[case] is_near: bool,
    ) {
        assert_eq!(nearest(word, [name]).is_some(), is_near);
    }
}
