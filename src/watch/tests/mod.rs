mod files;
mod schedule;
