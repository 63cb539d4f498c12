//! `diglot models rm` and `prune`.

use clap::Args;
use serde_json::json;

use super::words::size;
use super::{Desk, Talk};
use crate::catalog::Removal;
use crate::error::{Error, Result};

/// How much is asked and done.
#[derive(Debug, Args)]
pub(super) struct RemovalArgs {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Only show what would be removed
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Removes models that diglot fetched.
pub(super) fn rm(desk: &Desk<'_>, names: &[String], args: &RemovalArgs, talk: &mut Talk<'_>) -> Result<()> {
    let cards = names.iter().map(|name| desk.catalog.get(name)).collect::<Result<Vec<_>>>()?;
    remove(desk, args, talk, |dry_run| {
        let mut all = Removal::default();
        for card in &cards {
            all.append(desk.store.remove(card, dry_run)?);
        }
        Ok(all)
    })
}

/// Removes unfinished downloads, and files that no known model names.
pub(super) fn prune(desk: &Desk<'_>, args: &RemovalArgs, talk: &mut Talk<'_>) -> Result<()> {
    remove(desk, args, talk, |dry_run| desk.store.prune(desk.catalog, dry_run))
}

/// Shows what goes, asks, and lets it go.
fn remove(
    desk: &Desk<'_>,
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
    if desk.json {
        let removed: Vec<_> = done.removed.iter().map(|p| p.to_string_lossy()).collect();
        let kept = done.kept.iter().map(|(p, why)| json!({"path": p.to_string_lossy(), "why": why}));
        let kept: Vec<_> = kept.collect();
        let value = json!({"dry_run": args.dry_run, "removed": removed, "freed": done.freed, "kept": kept});
        return talk.json(&value);
    }
    let verb = if removes { "removed" } else { "would remove" };
    for path in &done.removed {
        talk.print(&format!("{verb} {}\n", path.display()))?;
    }
    for (path, why) in &done.kept {
        talk.print(&format!("kept {}: {why}\n", path.display()))?;
    }
    talk.print(&format!("{} {}\n", size(done.freed), if removes { "freed" } else { "would be freed" }))
}
