//! Captions images with a showtell model folder. Usage: caption MODEL IMAGE ...
//! ORT_DYLIB_PATH names the shared library of onnxruntime.
use std::{collections::HashMap, error::Error, fs::File, path::Path};

use image::{imageops::FilterType, ImageReader};
use ndarray::{arr0, Array4};
use ort::{inputs, session::Session, value::Tensor};
use serde_json::Value;

/// [1, height, width, 3] RGB.
fn pixels(path: &str, width: usize, height: usize) -> Result<Array4<u8>, Box<dyn Error>> {
    let picture = ImageReader::open(path)?.with_guessed_format()?.decode()?;
    let small = picture.to_rgb8();
    let small = image::imageops::resize(&small, width as u32, height as u32, FilterType::Lanczos3);
    Ok(Array4::from_shape_vec((1, height, width, 3), small.into_raw())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, images) = arguments.split_first().ok_or("Usage: caption MODEL IMAGE ...")?;
    let folder = Path::new(folder);
    let model: Value = serde_json::from_reader(File::open(folder.join("model.json"))?)?;
    let tokenizer: Value = serde_json::from_reader(File::open(folder.join("tokenizer.json"))?)?;
    let vocabulary = tokenizer["model"]["vocab"].as_object().ok_or("no vocabulary")?;
    let words: HashMap<i64, &str> =
        vocabulary.iter().filter_map(|(word, token)| Some((token.as_i64()?, word.as_str()))).collect();
    let number = |section: &str, name: &str| model[section][name].as_i64().ok_or(format!("no {section}.{name}"));
    let (width, height) = (number("preprocessing", "width")?, number("preprocessing", "height")?);
    let max_length = arr0(number("decoding", "maxLength")?);
    let beam = arr0(number("decoding", "beam")?);

    let file = model["graphs"]["captioner"]["int8"]["file"].as_str().ok_or("no captioner in int8")?;
    let mut session = Session::builder()?.commit_from_file(folder.join(file))?;
    for path in images {
        let outputs = session.run(inputs![
            "image" => Tensor::from_array(pixels(path, width as usize, height as usize)?)?,
            "max_length" => Tensor::from_array(max_length.clone())?,
            "beam" => Tensor::from_array(beam.clone())?,
        ])?;
        let (_, tokens) = outputs["tokens"].try_extract_tensor::<i64>()?; // [1, T]
        let caption: Vec<&str> = tokens.iter().map(|token| words[token]).collect();
        println!("{path}: {}", caption.join(" "));
    }
    Ok(())
}
