//! One loaded encoder: the tokenizer's vocabulary and the network behind it.

use std::{path::Path, sync::Arc};

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::{NdTensor, prelude::*};
use tokenizers::{EncodeInput, Tokenizer, TruncationParams};

use super::{Input, MODEL, TOKENIZER};
use crate::LlmError;

/// Tokens that the networks were trained for; what is longer is cut at its end.
const TOKENS: usize = 512;

/// Characters of a text that reach the tokenizer: no text that anybody writes has fewer than [`TOKENS`] in them, and
/// what comes from outside can be megabytes.
const CHARS: usize = 8_192;

/// A network with its tokenizer.
pub(super) struct Network {
    tokenizer: Tokenizer,
    model: Model,
    /// Ids, mask and types of the tokens, and what comes of them.
    inputs: [NodeId; 3],
    output: NodeId,
}

impl Network {
    /// Reads both files; a fraction of a second and about twice the file's size in memory.
    pub(super) fn load(folder: &Path) -> Result<Self, LlmError> {
        let setup = |cause: String| LlmError::Setup { cause: format!("{}: {cause}", folder.display()) };
        let mut tokenizer =
            Tokenizer::from_file(folder.join(TOKENIZER)).map_err(|error| setup(error.to_string()))?;
        let truncation = TruncationParams { max_length: TOKENS, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| setup(error.to_string()))?;
        tokenizer.with_padding(None);
        // What people write are never the tokenizer's own marks.
        tokenizer.set_encode_special_tokens(true);
        // Measured: twice as quick, for 20 MiB.
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load_file(folder.join(MODEL))
            .map_err(|error| setup(error.to_string()))?;
        let node = |name: &str| model.node_id(name).map_err(|error| setup(error.to_string()));
        let inputs = [node("input_ids")?, node("attention_mask")?, node("token_type_ids")?];
        let output = *model.output_ids().first().ok_or_else(|| setup("no output".to_owned()))?;
        Ok(Self { tokenizer, model, inputs, output })
    }

    /// What the network makes of the first token: with a cross-encoder the score, else the text's direction, of
    /// length one.
    ///
    /// Always one text alone: the numbers inside are rounded to eight bits by a scale of the whole batch, so that in
    /// company a text would have other numbers than alone. It costs nothing either; one processor is as quick with a
    /// text after the other, and nothing is padded.
    pub(super) fn run(&self, input: &Input, threads: &Arc<ThreadPool>) -> Result<Vec<f32>, LlmError> {
        let failed = |cause: String| LlmError::Server { status: 500, cause };
        let text: EncodeInput<'_> = match &input.beside {
            None => beginning(&input.text).into(),
            Some(beside) => (beginning(&input.text), beginning(beside)).into(),
        };
        let tokens = self.tokenizer.encode_fast(text, true).map_err(|error| failed(error.to_string()))?;
        let row = |numbers: &[u32]| {
            let numbers: Vec<i32> = numbers.iter().map(|&number| number as i32).collect();
            ValueOrView::from(NdTensor::from_data([1, tokens.len()], numbers))
        };
        let [ids, mask, types] = self.inputs;
        let given = vec![
            (ids, row(tokens.get_ids())),
            (mask, row(tokens.get_attention_mask())),
            (types, row(tokens.get_type_ids())),
        ];
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(threads)));
        let [output] = self
            .model
            .run_n(given, [self.output], Some(options))
            .map_err(|error| failed(error.to_string()))?;
        let output: rten_tensor::Tensor<f32> =
            output.try_into().map_err(|_| failed("not what the network is known to give".to_owned()))?;
        let width = output.shape().last().copied().unwrap_or(0);
        let mut first: Vec<f32> = output.iter().take(width).copied().collect();
        if first.is_empty() || first.iter().any(|number| !number.is_finite()) {
            return Err(failed("something that is no number".to_owned()));
        }
        if input.beside.is_none() {
            unit(&mut first);
        }
        Ok(first)
    }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(CHARS).map_or(text, |(end, _)| &text[..end])
}

/// The vector at the length of one.
fn unit(vector: &mut [f32]) {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        for number in vector {
            *number /= length;
        }
    }
}
