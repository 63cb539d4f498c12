//! `diglot models`: what is known, what is here, and how to fetch, check and remove it. A file for each subcommand.

use clap::{Args, Subcommand};

use crate::catalog::{Catalog, ModelStore};
use crate::error::Result;
use crate::lang::{Lang, LangPair};

mod disk;
mod list;
mod pull;
mod remove;
mod show;
mod talk;
#[cfg(test)]
mod tests;
mod verify;
mod words;

use remove::RemovalArgs;
pub(crate) use talk::Talk;

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

/// What every subcommand works with.
struct Desk<'a> {
    catalog: &'a Catalog,
    store: &'a ModelStore,
    /// Whether results are JSON.
    json: bool,
}

/// Runs one of the subcommands.
pub(crate) fn run(
    args: &ModelsArgs,
    catalog: &Catalog,
    store: &ModelStore,
    talk: &mut Talk<'_>,
) -> Result<()> {
    let desk = &Desk { catalog: &store.with_recorded(catalog)?, store, json: args.json };
    match &args.command {
        Command::List => list::list(desk, talk),
        Command::Pull { names, accept_licence } => pull::pull(desk, names, *accept_licence, talk),
        Command::Show { name } => show::show(desk, name, talk),
        Command::Verify { names } => verify::verify(desk, names, talk),
        Command::Path { name } => disk::path(desk, name, talk),
        Command::Du => disk::du(desk, talk),
        Command::Rm { names, removal } => remove::rm(desk, names, removal, talk),
        Command::Prune { removal } => remove::prune(desk, removal, talk),
    }
}

/// The model that is used when none is named: the default from German into English.
fn default_name(catalog: &Catalog) -> Option<String> {
    let pair = LangPair { source: Lang::DE, target: Lang::EN };
    catalog.default_translator(&pair).ok().map(|card| card.name.clone())
}
