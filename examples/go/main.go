// Captions images. Usage: caption MODEL IMAGE ...; ONNXRUNTIME_LIB names the shared library of onnxruntime.
package main

import (
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"log"
	"os"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/image/draw"
)

// pixels gives height x width x 3 bytes, RGB.
func pixels(path string, width, height int) (rgb []byte) {
	file := must(os.Open(path))
	defer file.Close()
	picture, _, err := image.Decode(file)
	check(err)
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	for i := 0; i < len(small.Pix); i += 4 {
		rgb = append(rgb, small.Pix[i:i+3]...)
	}
	return
}

func main() {
	var model struct {
		Decoding      struct{ Beam, MaxLength int64 }
		Preprocessing struct{ Width, Height int }
		Graphs        struct {
			Captioner map[string]struct{ File string }
		}
	}
	var tokenizer struct {
		Model struct{ Vocab map[string]int64 }
	}
	folder := os.Args[1] + "/"
	check(json.Unmarshal(must(os.ReadFile(folder+"model.json")), &model))
	check(json.Unmarshal(must(os.ReadFile(folder+"tokenizer.json")), &tokenizer))
	words := map[int64]string{}
	for word, token := range tokenizer.Model.Vocab {
		words[token] = word
	}
	ort.SetSharedLibraryPath(os.Getenv("ONNXRUNTIME_LIB"))
	check(ort.InitializeEnvironment())
	defer ort.DestroyEnvironment()
	session := must(ort.NewDynamicAdvancedSession(folder+model.Graphs.Captioner["int8"].File,
		[]string{"image", "max_length", "beam"}, []string{"tokens"}, nil))
	defer session.Destroy()
	width, height := model.Preprocessing.Width, model.Preprocessing.Height
	maxLength := must(ort.NewScalar(model.Decoding.MaxLength))
	beam := must(ort.NewScalar(model.Decoding.Beam))
	for _, path := range os.Args[2:] {
		pixels := must(ort.NewTensor(ort.NewShape(1, int64(height), int64(width), 3), pixels(path, width, height)))
		outputs := []ort.Value{nil} // made by Run
		check(session.Run([]ort.Value{pixels, maxLength, beam}, outputs))
		fmt.Print(path, ":")
		for _, token := range outputs[0].(*ort.Tensor[int64]).GetData() { // [1, T]
			fmt.Print(" ", words[token])
		}
		fmt.Println()
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
