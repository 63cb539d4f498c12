//! Random weights as a safetensors file.

use serde_json::{Map, Value, json};

/// A file that is put together tensor by tensor.
pub struct RandomWeights {
    state: u64,
    header: Map<String, Value>,
    data: Vec<f32>,
}

impl RandomWeights {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, header: Map::new(), data: Vec::new() }
    }

    /// Adds a tensor of numbers spread evenly around `middle`, with `spread` as their standard deviation, and gives
    /// them to be changed.
    pub fn tensor(&mut self, name: &str, shape: &[usize], spread: f32, middle: f32) -> &mut [f32] {
        let start = self.data.len();
        for _ in 0..shape.iter().product() {
            // Knuth's linear congruential generator (MMIX).
            self.state =
                self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = (self.state >> 40) as f32 / (1 << 24) as f32;
            self.data.push(middle + spread * (2.0 * unit - 1.0) * 1.7);
        }
        let offsets = [4 * start, 4 * self.data.len()];
        self.header.insert(name.into(), json!({"dtype": "F32", "shape": shape, "data_offsets": offsets}));
        &mut self.data[start..]
    }

    /// Adds `{name}.weight`, whose products are about as large as what they are of times `gain`.
    pub fn matrix(&mut self, name: &str, rows: usize, cols: usize, gain: f32) {
        self.tensor(&format!("{name}.weight"), &[rows, cols], gain / (cols as f32).sqrt(), 0.0);
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        let header = Value::Object(self.header).to_string();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(self.data.iter().flat_map(|x| x.to_le_bytes()));
        bytes
    }
}
