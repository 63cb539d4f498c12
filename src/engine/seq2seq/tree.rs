//! The decoder's keys and values as a tree. Each token that a step reads becomes a node; a row is the path of nodes
//! from its first token to its last. Beams that part share the nodes before, so nothing is ever copied, and what
//! no path holds any longer is used again.

/// The nodes of all rows of a search.
#[derive(Debug)]
pub(crate) struct Tree {
    layers: usize,
    width: usize,
    /// For each layer the key, then the value.
    nodes: Vec<Box<[f32]>>,
    free: Vec<u32>,
}

impl Tree {
    /// An empty tree for keys and values of `width` numbers in each layer.
    pub(crate) fn new(layers: usize, width: usize) -> Self {
        Self { layers, width, nodes: Vec::new(), free: Vec::new() }
    }

    /// A node to write to.
    pub(crate) fn grow(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.nodes.push(vec![0.0; self.layers * 2 * self.width].into());
            (self.nodes.len() - 1) as u32
        })
    }

    /// Writes the key and value of a node that [`grow`](Self::grow) gave.
    pub(crate) fn write(&mut self, node: u32, layer: usize, key: &[f32], value: &[f32]) {
        let node = &mut self.nodes[node as usize][layer * 2 * self.width..][..2 * self.width];
        let (keys, values) = node.split_at_mut(self.width);
        keys.copy_from_slice(key);
        values.copy_from_slice(value);
    }

    /// The key and value of a node.
    pub(crate) fn node(&self, node: u32, layer: usize) -> (&[f32], &[f32]) {
        self.nodes[node as usize][layer * 2 * self.width..][..2 * self.width].split_at(self.width)
    }

    /// Gives back every node that is on none of the paths.
    pub(crate) fn keep<'a>(&mut self, paths: impl Iterator<Item = &'a [u32]>) {
        let mut kept = vec![false; self.nodes.len()];
        paths.flatten().for_each(|node| kept[*node as usize] = true);
        self.free.clear();
        self.free.extend((0..).zip(kept).filter(|(_, kept)| !kept).map(|(node, _)| node));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_off_every_path_are_used_again_and_others_keep_what_they_hold() {
        let mut tree = Tree::new(2, 2);
        let nodes: Vec<u32> = (0..5).map(|_| tree.grow()).collect();
        for node in &nodes {
            let x = *node as f32;
            tree.write(*node, 1, &[x, 1.0], &[-x, 2.0]);
        }
        let paths = [vec![nodes[0], nodes[3]], vec![nodes[0], nodes[4]]];
        tree.keep(paths.iter().map(Vec::as_slice));
        let again = [tree.grow(), tree.grow()];
        assert!(again.iter().all(|node| [nodes[1], nodes[2]].contains(node)));
        assert_eq!(tree.grow(), 5);
        assert_eq!(tree.node(nodes[3], 1), (&[3.0, 1.0][..], &[-3.0, 2.0][..]));
        assert_eq!(tree.node(nodes[0], 0), (&[0.0; 2][..], &[0.0; 2][..]));
    }
}
