//! The decoder's keys and values as a tree. Each token that a step reads becomes a node; a row is the path of nodes
//! from its first token to its last. Beams that part share the nodes before, so nothing is ever copied, and what
//! no path holds any longer is used again.

use crate::engine::ops::{Bf16, Number, to_bf16};

/// The nodes of all rows of a search.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Nodes,
    free: Vec<u32>,
}

/// Nodes by the numbers that they hold.
#[derive(Debug)]
pub(crate) enum Nodes {
    Whole(NodesOf<f32>),
    Halved(NodesOf<Bf16>),
}

/// Keys and values: in each node for each layer the key, then the value.
#[derive(Debug)]
pub(crate) struct NodesOf<T> {
    layers: usize,
    width: usize,
    nodes: Vec<Box<[T]>>,
}

impl Tree {
    /// An empty tree for keys and values of `width` numbers in each layer, kept in 16 bits or as they are.
    pub(crate) fn new(layers: usize, width: usize, halved: bool) -> Self {
        let nodes = match halved {
            true => Nodes::Halved(NodesOf { layers, width, nodes: Vec::new() }),
            false => Nodes::Whole(NodesOf { layers, width, nodes: Vec::new() }),
        };
        Self { nodes, free: Vec::new() }
    }

    /// A node to write to.
    pub(crate) fn grow(&mut self) -> u32 {
        let Self { nodes, free } = self;
        free.pop().unwrap_or_else(|| match nodes {
            Nodes::Whole(nodes) => nodes.grow(),
            Nodes::Halved(nodes) => nodes.grow(),
        })
    }

    /// Writes the key and value of a node that [`grow`](Self::grow) gave.
    pub(crate) fn write(&mut self, node: u32, layer: usize, key: &[f32], value: &[f32]) {
        match &mut self.nodes {
            Nodes::Whole(nodes) => {
                let (keys, values) = nodes.node_mut(node, layer);
                keys.copy_from_slice(key);
                values.copy_from_slice(value);
            }
            Nodes::Halved(nodes) => {
                let (keys, values) = nodes.node_mut(node, layer);
                to_bf16(key, keys);
                to_bf16(value, values);
            }
        }
    }

    /// Gives back every node that is on none of the paths.
    pub(crate) fn keep<'a>(&mut self, paths: impl Iterator<Item = &'a [u32]>) {
        let count = match &self.nodes {
            Nodes::Whole(nodes) => nodes.nodes.len(),
            Nodes::Halved(nodes) => nodes.nodes.len(),
        };
        let mut kept = vec![false; count];
        paths.flatten().for_each(|node| kept[*node as usize] = true);
        self.free.clear();
        self.free.extend((0..).zip(kept).filter(|(_, kept)| !kept).map(|(node, _)| node));
    }
}

impl<T: Number> NodesOf<T> {
    fn grow(&mut self) -> u32 {
        self.nodes.push(vec![T::default(); self.layers * 2 * self.width].into());
        (self.nodes.len() - 1) as u32
    }

    fn node_mut(&mut self, node: u32, layer: usize) -> (&mut [T], &mut [T]) {
        self.nodes[node as usize][layer * 2 * self.width..][..2 * self.width].split_at_mut(self.width)
    }

    /// The key and value of a node.
    pub(crate) fn node(&self, node: u32, layer: usize) -> (&[T], &[T]) {
        self.nodes[node as usize][layer * 2 * self.width..][..2 * self.width].split_at(self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and value of a node as numbers.
    fn node(tree: &Tree, node: u32, layer: usize) -> (Vec<f32>, Vec<f32>) {
        fn numbers<T: Number>((key, value): (&[T], &[T])) -> (Vec<f32>, Vec<f32>) {
            let numbers = |x: &[T]| x.iter().map(|x| x.to_f32()).collect();
            (numbers(key), numbers(value))
        }
        match &tree.nodes {
            Nodes::Whole(nodes) => numbers(nodes.node(node, layer)),
            Nodes::Halved(nodes) => numbers(nodes.node(node, layer)),
        }
    }

    #[test]
    fn nodes_off_every_path_are_used_again_and_others_keep_what_they_hold() {
        for halved in [false, true] {
            let mut tree = Tree::new(2, 2, halved);
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
            assert_eq!(node(&tree, nodes[3], 1), (vec![3.0, 1.0], vec![-3.0, 2.0]));
            assert_eq!(node(&tree, nodes[0], 0), (vec![0.0; 2], vec![0.0; 2]));
        }
    }
}
