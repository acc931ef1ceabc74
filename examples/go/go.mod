module example.com/caption

go 1.24.0

require (
	github.com/yalue/onnxruntime_go v1.27.0
	golang.org/x/image v0.33.0
)
