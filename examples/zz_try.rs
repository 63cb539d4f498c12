use diglot::{Lang, document::Document, segment::segment};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let lang = std::env::args().nth(2).unwrap_or("de".into());
    let doc = Document::read(path, None).unwrap();
    for s in segment(&doc, &Lang::parse(&lang).unwrap()) {
        println!(
            "{} {:?} {:?} {:?} {:?}",
            s.id, s.block, doc.blocks[s.block].kind, s.kind, &doc.text[s.range]
        );
    }
}
