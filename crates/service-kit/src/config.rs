//! Settings: defaults, then a file, then the environment, then flags.
//!
//! An environment variable `FOLIO_ASSET__QUOTE_TTL_SECONDS=5` sets the key
//! `asset.quote_ttl_seconds`. A setting that is unknown or cannot be read stops
//! the start with its name and where it came from. A service that is a process
//! of its own has only the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads the settings. `flags` wins over everything; its missing fields say nothing.
///
/// # Errors
///
/// [`ConfigError`] names every setting that cannot be used.
pub fn load<T: Serialize + DeserializeOwned + Default>(
    file: Option<&Path>,
    flags: &impl Serialize,
) -> Result<T, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(T::default()));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(ConfigError(vec![format!(
                "{} is not a file",
                path.display()
            )]));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    let given = figment
        .merge(environment())
        .merge(Serialized::globals(flags));
    Ok(given.extract()?)
}

/// Reads from the environment what every process is told, and under the key `section` what one
/// service is told.
///
/// # Errors
///
/// [`ConfigError`] names a setting that cannot be used.
pub fn load_apart<T, S>(section: &'static str) -> Result<(T, S), ConfigError>
where
    T: Serialize + DeserializeOwned + Default,
    S: Serialize + DeserializeOwned + Default,
{
    let is_own = move |key: &str| {
        let first = key.split('.').next();
        first.is_some_and(|first| first.eq_ignore_ascii_case(section))
    };
    let shared = Figment::from(Serialized::defaults(T::default()))
        .merge(environment().filter(move |key| !is_own(key.as_str())))
        .extract()?;
    // A map, so that an error has the whole path of its key.
    let mut own: BTreeMap<String, S> = Figment::from(Serialized::default(section, S::default()))
        .merge(environment().filter(move |key| is_own(key.as_str())))
        .extract()?;
    Ok((shared, own.remove(section).unwrap_or_default()))
}

fn environment() -> Env {
    Env::prefixed("FOLIO_").ignore(&["config"]).split("__")
}

fn described(error: &figment::Error) -> String {
    let key = error.path.join(".");
    let origin = error
        .metadata
        .as_ref()
        .map_or_else(String::new, |metadata| {
            let source = metadata.source.as_ref().map(|source| format!(" {source}"));
            format!(" (from {}{})", metadata.name, source.unwrap_or_default())
        });
    let problem = without_quotation(&error.kind.to_string());
    if key.is_empty() {
        format!("{problem}{origin}")
    } else {
        format!("{key}: {problem}{origin}")
    }
}

/// An error of a file quotes the lines it is about, which may hold a key: only where it is and what
/// it is are kept.
fn without_quotation(problem: &str) -> String {
    let mut lines = problem.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let what = lines.next_back().filter(|line| !line.contains('|'));
    what.map_or_else(|| first.to_owned(), |what| format!("{first}: {what}"))
}

/// Settings that cannot be used, one per line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used: {}", self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// What is wrong with the setting `key`, found out where it is used.
    pub fn at(key: &str, problem: impl fmt::Display) -> Self {
        Self(vec![format!("{key}: {problem}")])
    }

    /// Everything that is wrong, at once.
    ///
    /// # Errors
    ///
    /// There is something.
    pub fn of_all(problems: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let all: Vec<String> = problems.into_iter().flat_map(|error| error.0).collect();
        if all.is_empty() {
            Ok(())
        } else {
            Err(Self(all))
        }
    }
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self(error.into_iter().map(|error| described(&error)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Settings {
        port: u16,
        asset: Asset,
    }

    #[derive(Debug, Default, Serialize, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, default)]
    struct Asset {
        ttl_seconds: u32,
    }

    #[derive(Default, Serialize)]
    struct Flags {
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
    }

    fn load_file(text: &str, flags: &Flags) -> Result<Settings, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("folio.toml");
        std::fs::write(&path, text).unwrap();
        load(Some(&path), flags)
    }

    #[test]
    fn a_mistake_in_a_file_is_told_without_the_line_it_is_in() {
        for text in [
            "[asset]\nkey = SECRET\n",
            "[asset]\nkey = \"SECRET\n",
            "port = 1\nkey = 'SECRET' x",
        ] {
            let error = load_file(text, &Flags::default()).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
            assert!(!error.contains("SECRET"), "{error}");
        }
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let text = "port = 1\nasset.ttl_seconds = 9\n";
        let settings = load_file(text, &Flags { port: Some(7) }).unwrap();
        assert_eq!((settings.port, settings.asset.ttl_seconds), (7, 9));
        assert_eq!(
            load::<Settings>(None, &Flags::default()).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn an_error_names_the_key_and_where_it_came_from() {
        let error = load_file("asset.ttl_seconds = \"soon\"\n", &Flags::default()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("asset.ttl_seconds"), "{text}");
        assert!(text.contains("folio.toml"), "{text}");
        let text = load_file("prot = 1\n", &Flags::default())
            .unwrap_err()
            .to_string();
        assert!(text.contains("prot"), "{text}");
    }
}
