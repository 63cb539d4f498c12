//! The part of Python's pickle format in which PyTorch writes a dictionary of tensors (protocol 2). Nothing is
//! executed: the few names that such a file needs are known here, and every other is refused.
//!
//! A general reader would let a few bytes stand for values of any depth and size. Here values are shared, never
//! copied, and what is nested deeper than a dictionary of tensors needs is forgotten.

use std::collections::HashMap;
use std::rc::Rc;

use super::Fault;
use super::dtype::DType;
use super::storage::{Storage, Tensor};

/// The longest pickle in bytes; a dictionary of a thousand tensors takes a quarter of a megabyte.
const MAX_PICKLE: usize = 4 << 20;
const MAX_STACK: usize = 1 << 16;

/// A value on the stack.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Int(i64),
    Text(Rc<str>),
    Name(Name),
    Tuple(Rc<[Value]>),
    Storage(Rc<Storage>),
    Tensor(Rc<Tensor>),
    Dict(Vec<(Rc<str>, Value)>),
    List(Vec<Value>),
    /// Anything that tensors do not depend on.
    Other,
}

/// A name that a dictionary of tensors may use.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(DType),
}

/// A pickle's value and the storages that it names.
pub(super) struct Pickle {
    pub(super) value: Value,
    pub(super) storages: HashMap<Rc<str>, Rc<Storage>>,
}

/// Reads one pickle and moves `bytes` behind it.
pub(super) fn read(bytes: &mut &[u8]) -> Result<Pickle, Fault> {
    let mut machine = Machine {
        bytes: &bytes[..bytes.len().min(MAX_PICKLE)],
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        storages: HashMap::new(),
    };
    let before = machine.bytes.len();
    while !machine.step()? {}
    *bytes = &bytes[before - machine.bytes.len()..];
    match (machine.stack.pop(), &machine.stack[..], &machine.marks[..]) {
        (Some(value), [], []) => Ok(Pickle { value, storages: machine.storages }),
        _ => Err(damage("does not end with one value")),
    }
}

fn damage(what: &str) -> Fault {
    format!("has a damaged pickle, which {what}")
}

struct Machine<'a> {
    bytes: &'a [u8],
    stack: Vec<Value>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    storages: HashMap<Rc<str>, Rc<Storage>>,
}

impl<'a> Machine<'a> {
    /// Carries out one instruction; true at the end. Named as in Python's `pickletools`.
    fn step(&mut self) -> Result<bool, Fault> {
        match self.byte()? {
            // PROTO
            0x80 => match self.byte()? {
                2 => {}
                version => return Err(format!("has a pickle of protocol {version}, not 2")),
            },
            b'.' => return Ok(true),
            b'(' => self.marks.push(self.stack.len()),
            // NONE, NEWTRUE, NEWFALSE
            b'N' | 0x88 | 0x89 => self.push(Value::Other),
            // BINFLOAT
            b'G' => {
                self.take(8)?;
                self.push(Value::Other);
            }
            // BININT, BININT1, BININT2, LONG1
            b'J' => {
                let int = i32::from_le_bytes(self.array()?);
                self.push(Value::Int(int.into()));
            }
            b'K' => {
                let int = self.byte()?;
                self.push(Value::Int(int.into()));
            }
            b'M' => {
                let int = u16::from_le_bytes(self.array()?);
                self.push(Value::Int(int.into()));
            }
            0x8a => self.long()?,
            // BINUNICODE
            b'X' => {
                let len = u32::from_le_bytes(self.array()?) as usize;
                let text =
                    str::from_utf8(self.take(len)?).map_err(|_| damage("has text that is not UTF-8"))?;
                self.push(Value::Text(text.into()));
            }
            b'c' => self.global()?,
            // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
            b')' => self.tuple(0)?,
            count @ 0x85..=0x87 => self.tuple(usize::from(count - 0x84))?,
            b't' => {
                let count = self.above_mark()?;
                self.tuple(count)?;
            }
            b'}' => self.push(Value::Dict(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            // SETITEM, SETITEMS, APPEND, APPENDS
            b's' => self.set_items(2)?,
            b'u' => {
                let count = self.above_mark()?;
                self.set_items(count)?;
            }
            b'a' => self.append(1)?,
            b'e' => {
                let count = self.above_mark()?;
                self.append(count)?;
            }
            // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
            b'q' => {
                let key = self.byte()?;
                self.memorise(key.into())?;
            }
            b'r' => {
                let key = u32::from_le_bytes(self.array()?);
                self.memorise(key)?;
            }
            b'h' => {
                let key = self.byte()?;
                self.recall(key.into())?;
            }
            b'j' => {
                let key = u32::from_le_bytes(self.array()?);
                self.recall(key)?;
            }
            b'Q' => self.persistent()?,
            b'R' => self.reduce()?,
            // BUILD: attributes of a dictionary, which say nothing about tensors
            b'b' => _ = self.pop()?,
            other => {
                return Err(format!("has a pickle with the instruction {other:#04x}, which is not read"));
            }
        }
        match self.stack.len() {
            0..=MAX_STACK => Ok(false),
            _ => Err(damage("piles up too much")),
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (array, rest) = self.bytes.split_first_chunk().ok_or_else(|| damage("does not end"))?;
        self.bytes = rest;
        Ok(*array)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.bytes.split_at_checked(len).ok_or_else(|| damage("does not end"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn line(&mut self) -> Result<String, Fault> {
        let len = self.bytes.iter().take(200).position(|&b| b == b'\n');
        let line = self.take(len.ok_or_else(|| damage("has a name without end"))?)?;
        let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        self.byte()?;
        Ok(line)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Result<Value, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let value = if self.stack.len() > floor { self.stack.pop() } else { None };
        value.ok_or_else(|| damage("takes more than it has"))
    }

    /// How many values lie above the last mark, which goes.
    fn above_mark(&mut self) -> Result<usize, Fault> {
        let mark = self.marks.pop().ok_or_else(|| damage("lacks a mark"))?;
        self.stack.len().checked_sub(mark).ok_or_else(|| damage("takes more than it has"))
    }

    /// Takes the topmost values.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(at) if at >= floor => Ok(self.stack.split_off(at)),
            _ => Err(damage("takes more than it has")),
        }
    }

    fn long(&mut self) -> Result<(), Fault> {
        let len = self.byte()?;
        let bytes = self.take(len.into())?;
        let negative = bytes.last().is_some_and(|&b| b >= 0x80);
        let fill = if negative { 0xff } else { 0 };
        let mut wide = [fill; 8];
        let value = match wide.get_mut(..bytes.len()) {
            Some(low) => {
                low.copy_from_slice(bytes);
                Value::Int(i64::from_le_bytes(wide))
            }
            None => Value::Other,
        };
        self.push(value);
        Ok(())
    }

    fn global(&mut self) -> Result<(), Fault> {
        let (module, name) = (self.line()?, self.line()?);
        let known = match (module.as_str(), name.as_str()) {
            ("collections", "OrderedDict") => Name::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Name::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Name::RebuildParameter,
            ("torch", "FloatStorage") => Name::Storage(DType::F32),
            ("torch", "HalfStorage") => Name::Storage(DType::F16),
            ("torch", "BFloat16Storage") => Name::Storage(DType::Bf16),
            ("torch", "DoubleStorage") => Name::Storage(DType::Other("64-bit floats", 8)),
            ("torch", "LongStorage") => Name::Storage(DType::Other("64-bit integers", 8)),
            ("torch", "IntStorage") => Name::Storage(DType::Other("32-bit integers", 4)),
            ("torch", "ByteStorage" | "CharStorage") => Name::Storage(DType::Other("8-bit integers", 1)),
            ("torch", "BoolStorage") => Name::Storage(DType::Other("truth values", 1)),
            _ => {
                let (module, name) = (module.escape_default(), name.escape_default());
                return Err(format!(
                    "has a pickle that asks for `{module}.{name}`, which weights do not need"
                ));
            }
        };
        self.push(Value::Name(known));
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Result<(), Fault> {
        let values: Rc<[Value]> = self.pop_many(count)?.into_iter().map(Value::within).collect();
        self.push(Value::Tuple(values));
        Ok(())
    }

    fn set_items(&mut self, count: usize) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        let Some(Value::Dict(dict)) = self.stack.last_mut() else {
            return Err(damage("sets items of what is no dictionary"));
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if let Value::Text(key) = key {
                dict.push((key, value.within()));
            }
        }
        Ok(())
    }

    fn append(&mut self, count: usize) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        let Some(Value::List(list)) = self.stack.last_mut() else {
            return Err(damage("appends to what is no list"));
        };
        list.extend(items.into_iter().map(Value::within));
        Ok(())
    }

    fn memorise(&mut self, key: u32) -> Result<(), Fault> {
        let value = match self.stack.last() {
            Some(Value::Dict(_) | Value::List(_)) => Value::Other,
            Some(value) => value.clone(),
            None => return Err(damage("takes more than it has")),
        };
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<(), Fault> {
        let value = self.memo.get(&key).cloned().ok_or_else(|| damage("recalls what it did not keep"))?;
        self.push(value);
        Ok(())
    }

    /// A storage: `("storage", type, key, device, length)`, in old files with a view that is always none.
    fn persistent(&mut self) -> Result<(), Fault> {
        let value = self.pop()?;
        let Value::Tuple(parts) = &value else { return Err(damage("names no storage")) };
        let (Some(Value::Name(Name::Storage(dtype))), Some(Value::Text(key)), Some(&Value::Int(len))) =
            (parts.get(1), parts.get(2), parts.get(4))
        else {
            return Err(damage("names no storage"));
        };
        if !matches!(parts.get(5), None | Some(Value::Other)) {
            return Err(damage("has a storage within another"));
        }
        let len = usize::try_from(len).map_err(|_| damage("has a storage of negative length"))?;
        let storage = Rc::new(Storage { dtype: *dtype, key: key.clone(), len });
        let known = self.storages.entry(key.clone()).or_insert_with(|| storage.clone());
        if known.dtype != storage.dtype || known.len != len {
            return Err(damage("has two storages of one name"));
        }
        self.push(Value::Storage(storage));
        Ok(())
    }

    /// What Python would call: the functions that are known here make tensors and empty dictionaries.
    fn reduce(&mut self) -> Result<(), Fault> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let (Value::Name(name), Value::Tuple(arguments)) = (callable, arguments) else {
            return Err(damage("calls what is no function"));
        };
        let value = match (name, &arguments[..]) {
            (Name::OrderedDict, []) => Value::Dict(Vec::new()),
            (Name::RebuildParameter, [tensor @ Value::Tensor(_), ..]) => tensor.clone(),
            (Name::RebuildTensor, [Value::Storage(storage), Value::Int(offset), shape, stride, ..]) => {
                let sizes = sizes(shape).zip(sizes(stride));
                let tensor = sizes.and_then(|(shape, stride)| Tensor::new(storage, *offset, shape, &stride));
                Value::Tensor(Rc::new(tensor.ok_or_else(|| damage("has a tensor outside its storage"))?))
            }
            _ => return Err(damage("calls a function in an unknown way")),
        };
        self.push(value);
        Ok(())
    }
}

impl Value {
    /// The value as a part of another one, of which only what tensors need is kept: numbers, names, and the tuples
    /// of numbers that are shapes.
    fn within(self) -> Self {
        match self {
            Value::Dict(_) | Value::List(_) => Value::Other,
            Value::Tuple(parts) if parts.iter().any(|part| !matches!(part, Value::Int(_))) => Value::Other,
            value => value,
        }
    }
}

/// The numbers of a tuple of sizes.
fn sizes(value: &Value) -> Option<Vec<usize>> {
    let Value::Tuple(parts) = value else { return None };
    let size = |part: &Value| match part {
        Value::Int(int) => usize::try_from(*int).ok(),
        _ => None,
    };
    parts.iter().map(size).collect()
}
