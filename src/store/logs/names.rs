//! The names of logs by serial. There may be very many: they are kept in one long piece of memory.

use std::collections::BTreeSet;

/// Which logs there are, and where each is kept: `<year>/<name>` below the change-log folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    years: Vec<String>,
    /// The names, one behind the other.
    text: String,
    /// By serial, once they are in order.
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    serial: u64,
    year: usize,
    start: usize,
    end: usize,
}

impl Row {
    /// Where it is among the others, if none is missing.
    fn place(&self) -> Option<usize> {
        usize::try_from(self.serial.checked_sub(1)?).ok()
    }
}

/// Two logs have the same serial.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Twins {
    pub(super) serial: u64,
    /// Where they are, in the order of paths.
    pub(super) paths: [String; 2],
}

impl Names {
    /// Takes a log in. Nothing else may be asked before they are in order.
    pub(super) fn add(&mut self, serial: u64, year: &str, name: &str) {
        let year = match self.years.iter().rposition(|known| known == year) {
            Some(year) => year,
            None => {
                self.years.push(year.to_owned());
                self.years.len() - 1
            }
        };
        let start = self.text.len();
        self.text.push_str(name);
        self.rows.push(Row {
            serial,
            year,
            start,
            end: self.text.len(),
        });
    }

    /// Puts them in the order of serials.
    pub(super) fn order(&mut self) -> Result<(), Twins> {
        if self.place() {
            return Ok(());
        }
        self.rows.sort_unstable_by_key(|row| row.serial);
        let twins = |pair: &&[Row]| matches!(pair, [one, other] if one.serial == other.serial);
        match self.rows.windows(2).find(twins) {
            Some([one, other]) => {
                let mut paths = [one, other].map(|row| self.path_of(row));
                paths.sort_unstable();
                Err(Twins {
                    serial: one.serial,
                    paths,
                })
            }
            _ => Ok(()),
        }
    }

    /// Puts each row where its serial says, which works where none is missing and none has a twin: as a rule.
    fn place(&mut self) -> bool {
        for at in 0..self.rows.len() {
            while self.rows[at].place() != Some(at) {
                let to = self.rows[at].place().filter(|to| {
                    let there = self.rows.get(*to);
                    there.is_some_and(|there| there.place() != Some(*to))
                });
                let Some(to) = to else {
                    return false;
                };
                self.rows.swap(at, to);
            }
        }
        true
    }

    /// Takes in one that comes behind all others.
    pub(super) fn append(&mut self, serial: u64, path: &str) {
        if let Some((year, name)) = path.split_once('/') {
            self.add(serial, year, name);
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.serial)
    }

    pub(super) fn serials(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.serial)
    }

    /// The folders of years that have logs, in order.
    pub(super) fn years(&self) -> impl Iterator<Item = &str> {
        let years: BTreeSet<&str> = self.years.iter().map(String::as_str).collect();
        years.into_iter()
    }

    /// The name of a log's file.
    pub(super) fn name(&self, serial: u64) -> Option<&str> {
        let row = self.row(serial)?;
        Some(&self.text[row.start..row.end])
    }

    /// The path of a log, below the change-log folder.
    pub(super) fn path(&self, serial: u64) -> Option<String> {
        Some(self.path_of(self.row(serial)?))
    }

    fn path_of(&self, row: &Row) -> String {
        let (year, name) = (&self.years[row.year], &self.text[row.start..row.end]);
        format!("{year}/{name}")
    }

    fn row(&self, serial: u64) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&serial, |row| row.serial);
        Some(&self.rows[at.ok()?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_found_by_serial_whatever_order_they_came_in() {
        let mut names = Names::default();
        assert_eq!((names.last(), names.path(1)), (0, None));
        for (serial, year, name) in [(3, "2027", "c"), (1, "2026", "a"), (7, "2027", "g")] {
            names.add(serial, year, name);
        }
        assert_eq!(names.order(), Ok(()));
        names.append(8, "2028/h");
        assert_eq!(names.serials().collect::<Vec<_>>(), [1, 3, 7, 8]);
        assert_eq!(names.last(), 8);
        let years: Vec<_> = names.years().collect();
        assert_eq!(years, ["2026", "2027", "2028"]);
        let paths = (0..10).filter_map(|serial| names.path(serial));
        let due = ["2026/a", "2027/c", "2027/g", "2028/h"];
        assert_eq!(paths.collect::<Vec<_>>(), due);
        assert_eq!((names.name(7), names.name(6)), (Some("g"), None));
    }

    #[test]
    fn logs_of_which_none_is_missing_are_put_in_order_too() {
        let serials = [4, 1, 5, 3, 2];
        let mut names = Names::default();
        for serial in serials {
            names.add(serial, "2026", &serial.to_string());
        }
        assert_eq!(names.order(), Ok(()));
        assert_eq!(names.serials().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        for serial in serials {
            assert_eq!(names.name(serial), Some(&*serial.to_string()));
        }
    }

    #[test]
    fn two_logs_with_one_serial_are_named() {
        let mut names = Names::default();
        for (serial, name) in [(2, "b"), (1, "z"), (3, "c"), (1, "a")] {
            names.add(serial, "2026", name);
        }
        let twins = names.order().expect_err("they have");
        assert_eq!(twins.serial, 1);
        assert_eq!(twins.paths, ["2026/a", "2026/z"]);
    }
}
