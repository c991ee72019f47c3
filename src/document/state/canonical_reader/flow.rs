//! Parts of a line in flow style, exactly as the writer writes them.

use std::borrow::Cow;

use chrono::{NaiveDate, TimeZone as _, Utc};
use memchr::{memchr, memchr3};

use crate::document::canonical::{is_flow_plain, unquote};
use crate::model::Instant;
use crate::time::YEARS;

/// What is left of a line in flow style.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow<'text>(pub(super) &'text str);

impl<'text> Flow<'text> {
    pub(super) fn eat(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// Everything before the next comma or closing bracket.
    pub(super) fn raw(&mut self) -> &'text str {
        let end = memchr3(b',', b']', b'}', self.0.as_bytes()).unwrap_or(self.0.len());
        let (raw, rest) = self.0.split_at(end);
        self.0 = rest;
        raw
    }

    pub(super) fn moment(&mut self) -> Option<Instant> {
        moment(self.raw())
    }

    pub(super) fn scalar(&mut self) -> Option<Cow<'text, str>> {
        if self.0.starts_with('"') {
            let (said, rest) = unquote(self.0)?;
            self.0 = rest;
            Some(said)
        } else {
            let raw = self.raw();
            is_flow_plain(raw).then_some(Cow::Borrowed(raw))
        }
    }

    /// A key and the colon behind it.
    pub(super) fn key(&mut self) -> Option<Cow<'text, str>> {
        let key = if self.0.starts_with('"') {
            self.scalar()?
        } else {
            let (key, rest) = self.0.split_at(memchr(b':', self.0.as_bytes())?);
            self.0 = rest;
            is_flow_plain(key).then_some(Cow::Borrowed(key))?
        };
        self.eat(": ")?;
        Some(key)
    }

    pub(super) fn list(&mut self) -> Option<Vec<Cow<'text, str>>> {
        self.eat("[")?;
        let mut list = Vec::new();
        if self.eat("]").is_some() {
            return Some(list);
        }
        loop {
            list.push(self.scalar()?);
            if self.eat("]").is_some() {
                return Some(list);
            }
            self.eat(", ")?;
        }
    }
}

/// A whole number without sign or leading zeros.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// `2026-11-30T22:30:00Z`, exactly.
pub(super) fn moment(text: &str) -> Option<Instant> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let marks = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
        return None;
    }
    let part = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_u32, |value, byte| {
            byte.is_ascii_digit()
                .then(|| value * 10 + u32::from(byte - b'0'))
        })
    };
    let year = i32::try_from(part(0, 4)?).ok()?;
    if !YEARS.contains(&year) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(year, part(5, 7)?, part(8, 10)?)?;
    let local = day.and_hms_opt(part(11, 13)?, part(14, 16)?, part(17, 19)?)?;
    Some(Utc.from_utc_datetime(&local))
}
