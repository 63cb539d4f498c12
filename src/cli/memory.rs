//! `diglot tm`: translation memories in and out, as other programs exchange them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::memory::TranslationMemory;

/// Exchange translation memories with other programs, as TMX.
#[derive(Debug, Args)]
pub(crate) struct MemoryArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add the translations of TMX files to a memory, which is made when there is none
    Import {
        /// The memory, as `translate --tm` names it
        memory: PathBuf,
        #[arg(required = true, value_name = "TMX")]
        files: Vec<PathBuf>,
    },
    /// Write a memory as TMX 1.4b
    Export {
        /// The memory, as `translate --tm` names it
        memory: PathBuf,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Runs one of the subcommands.
pub(crate) fn run(args: &MemoryArgs) -> Result<()> {
    match &args.command {
        Command::Import { memory, files } => {
            let memory = TranslationMemory::open(memory)?;
            for file in files {
                let count = memory.import_tmx(file)?;
                anstream::eprintln!("{}: {count} translations added", file.display());
            }
            Ok(())
        }
        Command::Export { memory, output } => {
            if !memory.exists() {
                return Err(Error::input(format!("there is no translation memory {}", memory.display()))
                    .hint("`translate --tm FILE` and `diglot tm import FILE` make one"));
            }
            let mut output = Output::new(output.as_deref(), std::slice::from_ref(memory))?;
            output.write(TranslationMemory::open(memory)?.to_tmx()?.as_bytes())?;
            output.finish()
        }
    }
}
