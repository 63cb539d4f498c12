//! Metadata values. Strings and arrays stay in the file's bytes and are decoded when asked for, so that what a
//! header costs in memory does not depend on what it claims.

/// The type of a metadata value, numbered as in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    String,
    Array,
    U64,
    I64,
    F64,
}

impl ValueType {
    pub(super) fn from_u32(number: u32) -> Option<Self> {
        use ValueType::*;
        const TYPES: [ValueType; 13] = [U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64];
        TYPES.get(usize::try_from(number).ok()?).copied()
    }

    /// How many bytes a value takes, for types of one size.
    pub(super) fn size(self) -> Option<usize> {
        use ValueType::*;
        match self {
            U8 | I8 | Bool => Some(1),
            U16 | I16 => Some(2),
            U32 | I32 | F32 => Some(4),
            U64 | I64 | F64 => Some(8),
            String | Array => None,
        }
    }
}

/// A metadata value of a GGUF file. Numbers of every width are widened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// A float of 32 or 64 bits.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Text.
    Str(&'a str),
    /// A list.
    Array(Array<'a>),
}

impl<'a> Value<'a> {
    /// A number or truth value from its bytes in the file, which have the length that the type asks for.
    pub(super) fn scalar(kind: ValueType, bytes: &[u8]) -> Option<Self> {
        use ValueType::*;
        Some(match kind {
            U8 => Value::Unsigned(u8::from_le_bytes(bytes.try_into().ok()?).into()),
            U16 => Value::Unsigned(u16::from_le_bytes(bytes.try_into().ok()?).into()),
            U32 => Value::Unsigned(u32::from_le_bytes(bytes.try_into().ok()?).into()),
            U64 => Value::Unsigned(u64::from_le_bytes(bytes.try_into().ok()?)),
            I8 => Value::Signed(i8::from_le_bytes(bytes.try_into().ok()?).into()),
            I16 => Value::Signed(i16::from_le_bytes(bytes.try_into().ok()?).into()),
            I32 => Value::Signed(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            I64 => Value::Signed(i64::from_le_bytes(bytes.try_into().ok()?)),
            F32 => Value::Float(f32::from_le_bytes(bytes.try_into().ok()?).into()),
            F64 => Value::Float(f64::from_le_bytes(bytes.try_into().ok()?)),
            Bool => match bytes {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                _ => return None,
            },
            String | Array => return None,
        })
    }

    /// The value as an unsigned integer, whatever its width and signedness in the file.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Value::Unsigned(value) => Some(value),
            Value::Signed(value) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    /// The value as a float; integers do not count as floats.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The value as a truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value as text.
    pub fn as_str(&self) -> Option<&'a str> {
        match *self {
            Value::Str(value) => Some(value),
            _ => None,
        }
    }

    /// The value as a list.
    pub fn as_array(&self) -> Option<Array<'a>> {
        match *self {
            Value::Array(value) => Some(value),
            _ => None,
        }
    }
}

/// A list of values of one type, decoded one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a> {
    pub(super) kind: ValueType,
    pub(super) len: usize,
    /// The elements as they lie in the file, already checked.
    pub(super) bytes: &'a [u8],
}

impl<'a> Array<'a> {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (kind, mut rest) = (self.kind, self.bytes);
        std::iter::from_fn(move || {
            let (value, after) = first(kind, rest)?;
            rest = after;
            Some(value)
        })
    }
}

/// The first value in `bytes` and what follows it.
fn first(kind: ValueType, bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    match kind.size() {
        Some(size) => {
            let (head, rest) = bytes.split_at_checked(size)?;
            Some((Value::scalar(kind, head)?, rest))
        }
        None => {
            let (len, rest) = bytes.split_first_chunk::<8>()?;
            let (text, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
            Some((Value::Str(std::str::from_utf8(text).ok()?), rest))
        }
    }
}
