fn main() {
    for path in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        let r = diglot::gguf::Gguf::open(path.as_ref()).and_then(|g| diglot::gguf::ModelConfig::read(&g));
        println!("{path} {:?} {:?}", t.elapsed(), r);
    }
}
