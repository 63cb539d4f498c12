//! The families: which files a tokenizer is read from, and how its ids are laid out.

use std::path::Path;

use super::super::byte_level::ByteLevel;
use super::super::spm::{SPACE, SpmModel, damaged, read_file};
use super::files::{PieceList, Settings, first_of};
use super::spelling::{Layout, Spelling};
use super::{Frame, Languages, Seq2SeqTokenizer, json};
use crate::error::{Error, Result};
use crate::lang::{FLORES_200, Lang, LangCodes, M2M100, MBART_50, WMT21};

/// How many of the codes of mBART-50 the first mBART has.
const MBART_LANGUAGES: usize = 25;
/// Tokens before those of the SentencePiece model in Pegasus.
const PEGASUS_OFFSET: u32 = 103;
/// The sentinels of T5, after all pieces.
const T5_SENTINELS: usize = 100;
/// The largest list of merges in bytes.
const MAX_MERGES: u64 = 64 << 20;

/// The special tokens of the families that come from fairseq.
const FAIRSEQ: [&str; 5] = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

/// Reads the tokenizer of the family that `config` names.
pub(super) fn open(folder: &Path, config: &Settings, settings: &Settings) -> Result<Seq2SeqTokenizer> {
    let files = Files { folder, config, settings };
    match config.text("model_type").unwrap_or_default() {
        "marian" => files.marian(),
        "m2m_100" if folder.join("vocab.json").exists() => files.m2m100(),
        "m2m_100" => files.nllb(),
        "mbart" => files.mbart(),
        "bart" => files.bart(),
        "pegasus" => files.pegasus(),
        "t5" | "mt5" | "umt5" => files.t5(),
        "fsmt" => Err(unsupported(config, "tokenizes by the rules of Moses (`fsmt`)")),
        other => Err(unsupported(config, &format!("is of the type `{}`", other.escape_default()))),
    }
}

fn unsupported(config: &Settings, what: &str) -> Error {
    Error::model(format!("the model of {} {what}, which diglot does not read", config.path().display()))
        .hint("choose a Marian, M2M100, NLLB, mBART, BART, Pegasus or T5 model")
}

struct Files<'a> {
    folder: &'a Path,
    config: &'a Settings,
    settings: &'a Settings,
}

impl Files<'_> {
    /// OPUS-MT: a SentencePiece model for each side; `vocab.json` numbers the pieces of both.
    fn marian(&self) -> Result<Seq2SeqTokenizer> {
        let vocabulary = || PieceList::read(&first_of(self.folder, &["vocab.json"])?);
        let source = self.marian_side("source.spm", vocabulary()?)?;
        let target = match self.settings.flag("separate_vocabs") {
            true => PieceList::read(&first_of(self.folder, &["target_vocab.json"])?)?,
            false => vocabulary()?,
        };
        let target = self.marian_side("target.spm", target)?;
        let codes: Vec<String> = source.marked_pieces(">>", "<<").map(str::to_owned).collect();
        let known = LangCodes::new(codes.iter().map(|code| (code.as_str(), code.as_str())));
        let (frame, languages) = match known.is_empty() {
            true => (Frame::Plain, self.named_pair()),
            false => (Frame::TargetFirst, Languages::Among(known)),
        };
        let marks = (">>", "<<");
        let codes = || codes.iter().map(String::as_str);
        let (source, target) = (source.with_codes(marks, codes()), target.with_codes(marks, codes()));
        self.tokenizer(source, Some(target), frame, languages)
    }

    fn marian_side(&self, name: &str, pieces: PieceList) -> Result<Spelling> {
        let model = SpmModel::open(&first_of(self.folder, &[name])?)?;
        let unknown = self.piece_id(&pieces, "<unk>")?;
        Ok(Spelling::spm(model, pieces, &["<unk>", "</s>", "<pad>", "<s>"], unknown))
    }

    /// The pair of a model for two languages, where its settings name them.
    fn named_pair(&self) -> Languages {
        let lang = |key| Lang::parse(self.settings.text(key)?).ok();
        match (lang("source_lang"), lang("target_lang")) {
            (Some(source), Some(target)) => Languages::Pair(source, target),
            _ => Languages::Unsaid,
        }
    }

    /// M2M100: `vocab.json` numbers the pieces, and the languages follow.
    fn m2m100(&self) -> Result<Seq2SeqTokenizer> {
        let model = SpmModel::open(&first_of(self.folder, &["sentencepiece.bpe.model", "spm_file.model"])?)?;
        let mut pieces = PieceList::read(&self.folder.join("vocab.json"))?;
        let unknown = self.piece_id(&pieces, "<unk>")?;
        let codes = LangCodes::listed(match self.settings.text("language_codes") {
            Some("wmt21") => WMT21,
            _ => M2M100,
        });
        let marks = ("__", "__");
        codes.codes().for_each(|code| pieces.push(&format!("__{code}__")));
        let source = Spelling::spm(model, pieces, &FAIRSEQ, unknown).with_codes(marks, codes.codes());
        self.tokenizer(source, None, Frame::SourceFirst, Languages::Among(codes))
    }

    fn nllb(&self) -> Result<Seq2SeqTokenizer> {
        let frame = match self.settings.flag("legacy_behaviour") {
            true => Frame::SourceLast,
            false => Frame::SourceFirst,
        };
        self.fairseq(LangCodes::listed(FLORES_200), frame)
    }

    fn mbart(&self) -> Result<Seq2SeqTokenizer> {
        let class = [self.settings, self.config].iter().find_map(|file| file.text("tokenizer_class"));
        let codes = LangCodes::listed(MBART_50);
        match class.is_some_and(|class| class.starts_with("MBart50")) {
            true => self.fairseq(codes, Frame::SourceFirst),
            false => self.fairseq(codes.first(MBART_LANGUAGES), Frame::SourceLastStartTarget),
        }
    }

    /// NLLB and mBART: fairseq's four special tokens instead of SentencePiece's three, the languages after all
    /// pieces, `<mask>` last.
    fn fairseq(&self, codes: LangCodes, frame: Frame) -> Result<Seq2SeqTokenizer> {
        let names = ["sentencepiece.bpe.model", "spiece.model", "sentencepiece.model"];
        let layout = self.layout(&names, |model, path| {
            let specials: Vec<&str> = model.pieces().take(3).collect();
            if specials != ["<unk>", "<s>", "</s>"] {
                return Err(damaged(path, "does not begin with `<unk>`, `<s>` and `</s>`"));
            }
            let mut pieces = PieceList::in_order(["<s>", "<pad>", "</s>", "<unk>"].into_iter());
            model.pieces().skip(3).for_each(|piece| pieces.push(piece));
            codes.codes().for_each(|code| pieces.push(code));
            pieces.push("<mask>");
            Ok(Layout { model, pieces, offset: 1, unknown: 3 })
        })?;
        let source = Spelling::laid_out(layout, &FAIRSEQ).with_codes(("", ""), codes.codes());
        self.tokenizer(source, None, frame, Languages::Among(codes))
    }

    /// BART: bytes merged as in GPT-2, `<s>` and `</s>` around the text.
    fn bart(&self) -> Result<Seq2SeqTokenizer> {
        let path = first_of(self.folder, &["vocab.json", "tokenizer.json"])?;
        let (encoder, pieces) = match path.ends_with("tokenizer.json") {
            true => json::byte_level(&path, &FAIRSEQ)?,
            false => {
                let pieces = PieceList::read(&path)?;
                let path = first_of(self.folder, &["merges.txt"])?;
                let plain = pieces.numbered_pieces().filter(|(_, piece)| !FAIRSEQ.contains(piece));
                let encoder = ByteLevel::gpt2(plain, merges(&path)?)
                    .map_err(|fault| damaged(&path, &format!("does not fit `vocab.json`: {fault}")))?;
                (encoder, pieces)
            }
        };
        let bos = self.piece_id(&pieces, "<s>")?;
        let source = Spelling::bytes(encoder, pieces, &FAIRSEQ);
        self.tokenizer(source, None, Frame::Enclosed { bos }, Languages::Unsaid)
    }

    /// Pegasus: special tokens and sentinels, then the SentencePiece model.
    fn pegasus(&self) -> Result<Seq2SeqTokenizer> {
        let mut names = vec!["<pad>".to_owned(), "</s>".into(), "<mask_1>".into(), "<mask_2>".into()];
        names.extend((2..PEGASUS_OFFSET - 1).map(|number| format!("<unk_{number}>")));
        names.truncate(PEGASUS_OFFSET as usize);
        let layout = self.layout(&["spiece.model"], |model, _| {
            let mut pieces = PieceList::in_order(names.iter().map(String::as_str));
            model.pieces().for_each(|piece| pieces.push(piece));
            let unknown = model.unknown() + PEGASUS_OFFSET;
            Ok(Layout { model, pieces, offset: PEGASUS_OFFSET, unknown })
        })?;
        let specials: Vec<&str> = names.iter().map(String::as_str).chain(["<unk>"]).collect();
        self.tokenizer(Spelling::laid_out(layout, &specials), None, Frame::Plain, Languages::Unsaid)
    }

    /// T5, mT5 and MADLAD-400: the SentencePiece model's own ids, then the sentinels.
    fn t5(&self) -> Result<Seq2SeqTokenizer> {
        let rows = self.config.id("vocab_size")?.unwrap_or(u32::MAX) as usize;
        let layout = self.layout(&["spiece.model", "sentencepiece.model"], |model, _| {
            let mut pieces = PieceList::in_order(model.pieces());
            // Models with room for no sentinels have them among their pieces, or none.
            if pieces.len() + T5_SENTINELS <= rows && pieces.id("<extra_id_0>").is_none() {
                sentinels().for_each(|sentinel| pieces.push(&sentinel));
            }
            let unknown = model.unknown();
            Ok(Layout { model, pieces, offset: 0, unknown })
        })?;
        let (source, tags) = t5_spelling(layout);
        match tags {
            Some(tags) => self.tokenizer(source, None, Frame::TargetInText, Languages::Among(tags)),
            None => self.tokenizer(source, None, Frame::Plain, self.prompts()),
        }
    }

    /// Opens the first SentencePiece model of `names` that is there and lays it out; without one `tokenizer.json`,
    /// which has the layout already.
    fn layout(
        &self,
        names: &[&str],
        lay_out: impl FnOnce(SpmModel, &Path) -> Result<Layout>,
    ) -> Result<Layout> {
        let path = first_of(self.folder, &[names, &["tokenizer.json"]].concat())?;
        if !path.ends_with("tokenizer.json") {
            return lay_out(SpmModel::open(&path)?, &path);
        }
        let model = json::unigram(&path)?;
        let (pieces, unknown) = (PieceList::in_order(model.pieces()), model.unknown());
        Ok(Layout { model, pieces, offset: 0, unknown })
    }

    /// What T5 was trained to translate (`translation_en_to_de`), with the words before the text.
    fn prompts(&self) -> Languages {
        let pair = |(name, prefix): (&str, &str)| {
            let (from, to) = name.strip_prefix("translation_")?.split_once("_to_")?;
            Some((Lang::parse(from).ok()?, Lang::parse(to).ok()?, prefix.to_owned()))
        };
        let pairs: Vec<_> = self.config.prefixes().filter_map(pair).collect();
        if pairs.is_empty() { Languages::Unsaid } else { Languages::Prompted(pairs) }
    }

    fn tokenizer(
        &self,
        source: Spelling,
        target: Option<Spelling>,
        frame: Frame,
        languages: Languages,
    ) -> Result<Seq2SeqTokenizer> {
        let generation = Settings::read_optional(self.folder.join("generation_config.json"))?;
        let setting = |key| -> Result<Option<u32>> { Ok(generation.id(key)?.or(self.config.id(key)?)) };
        let missing = || damaged(self.folder, "has a vocabulary without `</s>`");
        Ok(Seq2SeqTokenizer {
            name: self.folder.display().to_string(),
            eos: source.id("</s>").ok_or_else(missing)?,
            pad: source.id("<pad>"),
            start: setting("decoder_start_token_id")?,
            forced_bos: setting("forced_bos_token_id")?,
            source,
            target,
            frame,
            languages,
        })
    }

    fn piece_id(&self, pieces: &PieceList, piece: &str) -> Result<u32> {
        pieces.id(piece).ok_or_else(|| damaged(self.folder, &format!("has a vocabulary without `{piece}`")))
    }
}

/// The sentinels of T5, in order of their ids.
fn sentinels() -> impl Iterator<Item = String> {
    (0..T5_SENTINELS).rev().map(|number| format!("<extra_id_{number}>"))
}

/// T5's way of writing, and the languages of which it has tags (MADLAD-400).
pub(super) fn t5_spelling(layout: Layout) -> (Spelling, Option<LangCodes>) {
    // mT5 has them among its pieces, after a space.
    let sentinels: Vec<String> = sentinels().flat_map(|mark| [format!("{SPACE}{mark}"), mark]).collect();
    let specials: Vec<&str> =
        ["<pad>", "</s>", "<unk>", "<s>"].into_iter().chain(sentinels.iter().map(String::as_str)).collect();
    let source = Spelling::laid_out(layout, &specials);
    let tags = source.marked_pieces("<2", ">").filter(|tag| Lang::parse(tag).is_ok());
    let tags = LangCodes::new(tags.map(|tag| (tag, tag)));
    match tags.is_empty() {
        true => (source, None),
        false => (source.with_codes(("<2", ">"), tags.codes()), Some(tags)),
    }
}

/// The merges of a `merges.txt`, one a line.
fn merges(path: &Path) -> Result<Vec<(String, String)>> {
    let bytes = read_file(path, MAX_MERGES)?;
    let text = str::from_utf8(&bytes).map_err(|_| damaged(path, "is not UTF-8"))?;
    let lines = text.lines().filter(|line| !line.starts_with("#version") && !line.is_empty());
    let pair = |line: &str| line.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
    lines.map(pair).collect::<Option<_>>().ok_or_else(|| damaged(path, "has a merge that is not two tokens"))
}
