//! `diglot models`: what is known, what is here, and how to fetch, check and remove it.

use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::catalog::{Card, Catalog, Licence, ModelStore, Proceed, Removal, Role, StoreEvent, Trust};
use crate::error::{Error, Result};
use crate::lang::{Lang, LangPair};

/// The models that diglot knows, and their files on this machine.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    command: Command,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the known models, the default marked with `*`
    List,
    /// Fetch models; without a name, the default one
    Pull {
        /// Names as `diglot models list` shows them, or hub repositories (`OWNER/NAME` or `OWNER/NAME@REVISION`)
        names: Vec<String>,
        /// Accept the terms of models that are not under Apache, MIT or BSD
        #[arg(long, visible_alias = "accept-license")]
        accept_licence: bool,
    },
    /// Show all that is known of a model
    Show { name: String },
    /// Hash the files of models again; without a name, of all that are here
    Verify { names: Vec<String> },
    /// Print the path of a model's weights
    Path { name: String },
    /// Show what the models take on the disk
    Du,
    /// Remove models that diglot fetched
    Rm {
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        removal: RemovalArgs,
    },
    /// Remove unfinished downloads, and files that no known model names
    Prune {
        #[command(flatten)]
        removal: RemovalArgs,
    },
}

#[derive(Debug, Args)]
struct RemovalArgs {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Only show what would be removed
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// How a command speaks with its user. Results go to `out` and nothing else does.
pub(crate) struct Talk<'a> {
    /// Standard output.
    pub(crate) out: &'a mut dyn Write,
    /// Shows progress, and says whether to go on.
    pub(crate) observe: &'a mut dyn FnMut(StoreEvent<'_>) -> Proceed,
    /// Asks a question; `None` when there is nobody to ask.
    pub(crate) confirm: &'a mut dyn FnMut(&str) -> Option<bool>,
}

/// Runs one of the subcommands.
pub(crate) fn run(
    args: &ModelsArgs,
    catalog: &Catalog,
    store: &ModelStore,
    talk: &mut Talk<'_>,
) -> Result<()> {
    let catalog = &store.with_recorded(catalog)?;
    match &args.command {
        Command::List => list(args.json, catalog, store, talk),
        Command::Pull { names, accept_licence } => {
            pull(args.json, catalog, store, names, *accept_licence, talk)
        }
        Command::Show { name } => show(args.json, catalog.get(name)?, store, talk),
        Command::Verify { names } => verify(args.json, catalog, store, names, talk),
        Command::Path { name } => path(args.json, catalog.get(name)?, store, talk),
        Command::Du => du(args.json, catalog, store, talk),
        Command::Rm { names, removal } => {
            let cards = names.iter().map(|name| catalog.get(name)).collect::<Result<Vec<_>>>()?;
            remove(args.json, removal, talk, |dry_run| {
                let mut all = Removal::default();
                for card in &cards {
                    all.append(store.remove(card, dry_run)?);
                }
                Ok(all)
            })
        }
        Command::Prune { removal } => {
            remove(args.json, removal, talk, |dry_run| store.prune(catalog, dry_run))
        }
    }
}

fn list(json: bool, catalog: &Catalog, store: &ModelStore, talk: &mut Talk<'_>) -> Result<()> {
    let usages = store.usage(catalog)?;
    let here = |card: &Card| usages.iter().any(|usage| usage.name == card.name);
    let default = default_name(catalog);
    let is_default = |card: &Card| default.as_deref() == Some(&card.name);
    if json {
        let models: Vec<_> = catalog
            .cards()
            .into_iter()
            .map(|card| {
                json!({
                    "name": card.name, "summary": card.summary, "bytes": card.bytes(),
                    "licence": card.licence, "roles": card.roles, "languages": card.languages,
                    "rank": card.rank, "run_here": card.run_here, "score": card.score,
                    "default": is_default(card), "on_disk": here(card), "hashes": card.trust,
                    "unlisted": card.trust == Trust::Unlisted,
                })
            })
            .collect();
        return print_json(talk, &json!(models));
    }
    let mut rows =
        vec![["  NAME", "SIZE", "LICENCE", "ROLES", "HASHES", "RUN HERE", "ON DISK"].map(str::to_owned)];
    for card in catalog.cards() {
        let mark = if is_default(card) { '*' } else { ' ' };
        rows.push([
            format!("{mark} {}", card.name),
            sizes(card),
            terms(card),
            roles(card),
            hashes(card).into(),
            yes(card.run_here),
            yes(here(card)),
        ]);
    }
    print_table(talk, &rows)
}

fn pull(
    json: bool,
    catalog: &Catalog,
    store: &ModelStore,
    names: &[String],
    accept: bool,
    talk: &mut Talk<'_>,
) -> Result<()> {
    let default = default_name(catalog);
    let names: Vec<&str> = match names {
        [] => default.as_deref().into_iter().collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let mut pulled = Vec::new();
    for name in names {
        let mut card = catalog.find(name)?;
        if accept {
            // The terms of an unlisted repository are known only once the hub has been asked.
            card = store.pin(&card, talk.observe)?;
            store.accept_licence(&card)?;
        }
        let model = store.fetch(&card, talk.observe)?;
        for file in &model.files {
            if !json {
                print(talk, &format!("{}\n", file.path.display()))?;
            }
            let path = file.path.to_string_lossy();
            pulled.push(json!({
                "name": model.name, "unlisted": card.trust == Trust::Unlisted, "path": path, "bytes": file.bytes,
                file.hash.kind(): file.hash.hex(),
            }));
        }
    }
    if json { print_json(talk, &json!(pulled)) } else { Ok(()) }
}

fn show(json: bool, card: &Card, store: &ModelStore, talk: &mut Talk<'_>) -> Result<()> {
    let stored = store.resolve(card);
    let paths: Vec<String> = match &stored {
        Ok(Some(model)) => model.files.iter().map(|f| f.path.display().to_string()).collect(),
        _ => Vec::new(),
    };
    if json {
        let mut value = serde_json::to_value(card).map_err(|e| Error::runtime(e.to_string()))?;
        if let Value::Object(fields) = &mut value {
            fields.insert("paths".into(), json!(paths));
        }
        return print_json(talk, &value);
    }
    let licence = &card.licence;
    let commercial = match (licence.commercial, card.trust) {
        (true, _) => "commercial use allowed",
        (false, Trust::Unlisted) => "commercial use not allowed or not stated",
        (false, _) => "no commercial use",
    };
    let gated = if licence.gated { ", gated" } else { "" };
    let mut lines = vec![
        ("name", card.name.clone()),
        ("summary", card.summary.clone()),
        ("size", format!("{} ({} bytes)", sizes(card), card.bytes())),
        ("licence", format!("{} ({commercial}{gated}), {}", licence.name, licence.url)),
        ("roles", roles(card)),
        ("languages", card.languages.join(" ")),
        ("architecture", card.architecture.clone()),
        ("hashes", hashes(card).into()),
        ("run here", yes(card.run_here)),
    ];
    lines.extend((card.context > 0).then(|| ("context", format!("{} tokens", card.context))));
    lines.extend(card.profile.clone().map(|profile| ("profile", profile)));
    lines.extend(card.score.clone().map(|score| ("score", score)));
    lines.extend(card.repository.clone().map(|repository| ("repository", repository)));
    lines.extend(card.commit.clone().map(|commit| ("commit", commit)));
    lines.extend(card.files.iter().map(|file| ("file", format!("{} {}", file.name, file.hash))));
    lines.extend(paths.into_iter().map(|path| ("on disk", path)));
    for (name, value) in lines {
        print(talk, &format!("{name:<13} {value}\n"))?;
    }
    // Damage is worth an error here too, after all that is known.
    stored.map(drop)
}

fn verify(
    json: bool,
    catalog: &Catalog,
    store: &ModelStore,
    names: &[String],
    talk: &mut Talk<'_>,
) -> Result<()> {
    let here = store.usage(catalog)?;
    let names: Vec<&str> = match names {
        [] => here.iter().map(|usage| usage.name.as_str()).collect(),
        names => names.iter().map(String::as_str).collect(),
    };
    let cards = names.into_iter().map(|name| catalog.get(name)).collect::<Result<Vec<_>>>()?;
    let mut first_error = None;
    let mut results = Vec::new();
    for card in cards {
        let error = match store.verify(card, talk.observe) {
            Ok(_) => None,
            Err(error) if error.is_interrupted() => return Err(error),
            Err(error) => Some(error),
        };
        let message = error.as_ref().map(ToString::to_string);
        if !json {
            let verdict = message.as_deref().unwrap_or("ok");
            print(talk, &format!("{}: {verdict}\n", card.name))?;
        }
        results.push(json!({"name": card.name, "ok": error.is_none(), "error": message}));
        first_error = first_error.or(error);
    }
    if json {
        print_json(talk, &json!(results))?;
    }
    first_error.map_or(Ok(()), Err)
}

fn path(json: bool, card: &Card, store: &ModelStore, talk: &mut Talk<'_>) -> Result<()> {
    let model = store.resolve(card)?.ok_or_else(|| {
        Error::model(format!("{} is not on this machine", card.name))
            .hint(format!("`diglot models pull {}` fetches it", card.name))
    })?;
    if json {
        let files = model.files.iter().map(|f| json!({"name": f.name, "path": f.path.to_string_lossy()}));
        return print_json(talk, &json!({"name": model.name, "files": files.collect::<Vec<_>>()}));
    }
    model.files.iter().try_for_each(|file| print(talk, &format!("{}\n", file.path.display())))
}

fn du(json: bool, catalog: &Catalog, store: &ModelStore, talk: &mut Talk<'_>) -> Result<()> {
    let usages = store.usage(catalog)?;
    let total: u64 = usages.iter().map(|usage| usage.bytes).sum();
    if json {
        let models: Vec<_> = usages
            .iter()
            .map(|usage| {
                let paths: Vec<_> = usage.paths.iter().map(|p| p.to_string_lossy()).collect();
                json!({"name": usage.name, "bytes": usage.bytes, "paths": paths, "fetched_here": usage.fetched_here})
            })
            .collect();
        return print_json(talk, &json!({"models": models, "bytes": total}));
    }
    let mut rows = Vec::new();
    for usage in &usages {
        let paths: Vec<_> = usage.paths.iter().map(|p| p.display().to_string()).collect();
        rows.push([size(usage.bytes), usage.name.clone(), paths.join(" ")]);
    }
    rows.push([size(total), "total".into(), String::new()]);
    print_table(talk, &rows)
}

/// Shows what goes, asks, and lets it go.
fn remove(
    json: bool,
    args: &RemovalArgs,
    talk: &mut Talk<'_>,
    mut work: impl FnMut(bool) -> Result<Removal>,
) -> Result<()> {
    let plan = work(true)?;
    let removes = !args.dry_run && !plan.removed.is_empty();
    if removes && !args.yes {
        let question = format!("Remove {} files, {}?", plan.removed.len(), size(plan.freed));
        match (talk.confirm)(&question) {
            Some(true) => {}
            Some(false) => return Ok(()),
            None => {
                return Err(Error::usage("there is nobody to ask whether to remove files")
                    .hint("--yes removes without asking, --dry-run shows what would go"));
            }
        }
    }
    let done = if removes { work(false)? } else { plan };
    if json {
        let removed: Vec<_> = done.removed.iter().map(|p| p.to_string_lossy()).collect();
        let kept = done.kept.iter().map(|(p, why)| json!({"path": p.to_string_lossy(), "why": why}));
        let kept: Vec<_> = kept.collect();
        let value = json!({"dry_run": args.dry_run, "removed": removed, "freed": done.freed, "kept": kept});
        return print_json(talk, &value);
    }
    let verb = if removes { "removed" } else { "would remove" };
    for path in &done.removed {
        print(talk, &format!("{verb} {}\n", path.display()))?;
    }
    for (path, why) in &done.kept {
        print(talk, &format!("kept {}: {why}\n", path.display()))?;
    }
    print(talk, &format!("{} {}\n", size(done.freed), if removes { "freed" } else { "would be freed" }))
}

/// The model that is used when none is named: the default from German into English.
fn default_name(catalog: &Catalog) -> Option<String> {
    let pair = LangPair { source: Lang::DE, target: Lang::EN };
    catalog.default_translator(&pair).ok().map(|card| card.name.clone())
}

fn roles(card: &Card) -> String {
    let names = card.roles.iter().map(|role| match role {
        Role::Translator => "translate",
        Role::Summarizer => "summarize",
        Role::Test => "test",
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Who says what the files hash to.
fn hashes(card: &Card) -> &'static str {
    match card.trust {
        Trust::Card => "card",
        Trust::Hub => "hub",
        Trust::Unlisted => "hub, unlisted",
    }
}

/// The licence with the restriction that matters most.
fn terms(card: &Card) -> String {
    let Licence { name, commercial, .. } = &card.licence;
    if *commercial || card.trust == Trust::Unlisted {
        name.clone()
    } else {
        format!("{name}, no commercial use")
    }
}

/// The size, where the files are known.
fn sizes(card: &Card) -> String {
    match card.bytes() {
        0 => "?".into(),
        bytes => size(bytes),
    }
}

fn yes(answer: bool) -> String {
    if answer { "yes" } else { "no" }.into()
}

/// A size in the decimal units that disks and downloads are sold in.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// Columns as wide as their widest cell.
fn print_table<const N: usize>(talk: &mut Talk<'_>, rows: &[[String; N]]) -> Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        print(talk, &format!("{}\n", cells.join("  ").trim_end()))?;
    }
    Ok(())
}

fn print_json(talk: &mut Talk<'_>, value: &Value) -> Result<()> {
    print(talk, &format!("{value:#}\n"))
}

fn print(talk: &mut Talk<'_>, text: &str) -> Result<()> {
    let written = talk.out.write_all(text.as_bytes());
    written.map_err(|e| Error::runtime(format!("cannot write to standard output: {e}")).with_source(e))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::catalog::{Hash, Source, StoreOptions};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        models: ModelsArgs,
    }

    /// A store in a directory of its own, and a catalog with one model whose file is there or not.
    struct Bench {
        directory: tempfile::TempDir,
        catalog: Catalog,
        store: ModelStore,
        answer: Option<bool>,
    }

    impl Bench {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let options = StoreOptions::new(directory.path().join("hub"), directory.path().join("home"));
            let mut catalog = Catalog::built_in().unwrap();
            let mut tiny = catalog.get("smollm2-135m-instruct").unwrap().clone();
            tiny.name = "tiny".into();
            tiny.files[0].bytes = 5;
            // The sha256 of `hello`.
            let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
            tiny.files[0].hash = Hash::Sha256(sha256.into());
            tiny.sources = vec![Source::Path { path: directory.path().join("tiny.gguf") }];
            catalog.add(tiny);
            Self { directory, catalog, store: ModelStore::new(options), answer: None }
        }

        fn put(&self, bytes: &str) {
            std::fs::write(self.directory.path().join("tiny.gguf"), bytes).unwrap();
        }

        fn run(&self, arguments: &str) -> (String, Result<()>) {
            let words = std::iter::once("models").chain(arguments.split_whitespace());
            let cli = Cli::try_parse_from(words).unwrap();
            let mut out = Vec::new();
            let mut talk =
                Talk { out: &mut out, observe: &mut |_| Proceed::Continue, confirm: &mut |_| self.answer };
            let result = run(&cli.models, &self.catalog, &self.store, &mut talk);
            (String::from_utf8(out).unwrap(), result)
        }

        fn json(&self, arguments: &str) -> Value {
            let (out, result) = self.run(&format!("{arguments} --json"));
            result.unwrap();
            serde_json::from_str(&out).unwrap()
        }
    }

    #[test]
    fn list_marks_the_default_and_what_is_here() {
        let bench = Bench::new();
        bench.put("hello");
        let (out, result) = bench.run("list");
        result.unwrap();
        let line = |name: &str| out.lines().find(|l| l.contains(name)).unwrap().to_owned();
        assert!(line("coder-1.5b").starts_with("* ") && line("coder-1.5b").contains("1.12 GB"), "{out}");
        assert!(line("tiny").ends_with("yes") && line("coder-1.5b").ends_with("no"), "{out}");
        let models = bench.json("list");
        let tiny = models.as_array().unwrap().iter().find(|m| m["name"] == "tiny").unwrap();
        assert_eq!((&tiny["on_disk"], &tiny["default"]), (&json!(true), &json!(false)));
    }

    #[test]
    fn show_path_and_du_agree_on_where_a_model_is() {
        let bench = Bench::new();
        let (_, absent) = bench.run("path tiny");
        assert_eq!(absent.unwrap_err().exit_code(), 4);
        bench.put("hello");
        let path = bench.directory.path().join("tiny.gguf").display().to_string();
        assert_eq!(bench.run("path tiny").0, format!("{path}\n"));
        assert_eq!(bench.json("show tiny")["paths"], json!([path]));
        let usage = bench.json("du");
        assert_eq!((&usage["bytes"], &usage["models"][0]["paths"][0]), (&json!(5), &json!(path)));
        assert!(bench.run("show tiny").0.contains("sha256 2cf24dba"));
    }

    #[test]
    fn pull_prints_paths_and_nothing_else() {
        let bench = Bench::new();
        bench.put("hello");
        let path = bench.directory.path().join("tiny.gguf").display().to_string();
        assert_eq!(bench.run("pull tiny").0, format!("{path}\n"));
        assert_eq!(bench.json("pull tiny")[0]["path"], json!(path));
        assert_eq!(bench.run("pull tinny").1.unwrap_err().exit_code(), 2);
    }

    #[test]
    fn verify_names_what_is_damaged_and_fails() {
        let bench = Bench::new();
        bench.put("hello");
        assert_eq!(bench.run("verify").0, "tiny: ok\n");
        bench.put("hellO");
        let (out, result) = bench.run("verify tiny");
        assert_eq!(result.unwrap_err().exit_code(), 4);
        assert!(out.starts_with("tiny: ") && out.contains("damaged"), "{out}");
    }

    #[test]
    fn rm_keeps_what_diglot_did_not_fetch() {
        let bench = Bench::new();
        bench.put("hello");
        let (out, result) = bench.run("rm tiny --yes");
        result.unwrap();
        assert!(out.contains("kept") && bench.run("path tiny").1.is_ok(), "{out}");
    }

    #[test]
    fn removal_asks_first() {
        let mut bench = Bench::new();
        let home = bench.store.options().home.clone();
        let orphan = home.join("models").join("orphan.incomplete");
        let begin = || {
            std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
            std::fs::write(&orphan, "half").unwrap();
            let unfinished = json!({ orphan.to_str().unwrap(): home.join("lock").to_str().unwrap() });
            std::fs::write(home.join("ledger.json"), json!({ "unfinished": unfinished }).to_string())
                .unwrap();
        };
        begin();
        assert_eq!(bench.run("prune").1.unwrap_err().exit_code(), 2, "nobody answers");
        bench.answer = Some(false);
        bench.run("prune").1.unwrap();
        assert!(bench.run("prune --dry-run").0.contains("would remove"));
        assert!(orphan.exists());
        bench.answer = Some(true);
        assert!(bench.run("prune").0.contains("4 B freed"));
        assert!(!orphan.exists());
        begin();
        bench.answer = None;
        assert_eq!(bench.json("prune -y")["freed"], json!(4));
        assert!(!orphan.exists());
    }

    #[test]
    fn sizes_are_decimal() {
        let sizes = [(999, "999 B"), (1_500, "1.5 kB"), (98_362_432, "98.4 MB"), (1_117_320_768, "1.12 GB")];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
    }
}
