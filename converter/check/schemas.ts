/**
 * What the operators of ONNX's own set take and give, opset 17 to 21: name, opset that it came with in this form,
 * inputs, outputs, attributes with their kinds (`!` where one is required, `?` where any kind goes). Made by
 * scripts/onnx-schemas.py from onnx 1.23.2; not to be changed by hand.
 */
export const SCHEMAS = `
Abs 13 1 1
Acos 7 1 1
Acosh 9 1 1
Add 14 2 1
AffineGrid 20 2 1 align_corners=i
And 7 2 1
ArgMax 13 1 1 axis=i keepdims=i select_last_index=i
ArgMin 13 1 1 axis=i keepdims=i select_last_index=i
Asin 7 1 1
Asinh 9 1 1
Atan 7 1 1
Atanh 9 1 1
AveragePool 11 1 1 auto_pad=s ceil_mode=i count_include_pad=i kernel_shape!=is pads=is strides=is
AveragePool 19 1 1 auto_pad=s ceil_mode=i count_include_pad=i dilations=is kernel_shape!=is pads=is strides=is
BatchNormalization 15 5 1-3 epsilon=f momentum=f training_mode=i
Bernoulli 15 1 1 dtype=i seed=f
BitShift 11 2 1 direction!=s
BitwiseAnd 18 2 1
BitwiseNot 18 1 1
BitwiseOr 18 2 1
BitwiseXor 18 2 1
BlackmanWindow 17 1 1 output_datatype=i periodic=i
Cast 13 1 1 to!=i
Cast 19 1 1 saturate=i to!=i
Cast 21 1 1 saturate=i to!=i
CastLike 15 2 1
CastLike 19 2 1 saturate=i
CastLike 21 2 1 saturate=i
Ceil 13 1 1
Celu 12 1 1 alpha=f
CenterCropPad 18 2 1 axes=is
Clip 13 1-3 1
Col2Im 18 3 1 dilations=is pads=is strides=is
Compress 11 2 1 axis=i
Concat 13 1-* 1 axis!=i
ConcatFromSequence 11 1 1 axis!=i new_axis=i
Constant 13 0 1 sparse_value=? value=t value_float=f value_floats=fs value_int=i value_ints=is value_string=s value_strings=ss
Constant 19 0 1 sparse_value=? value=t value_float=f value_floats=fs value_int=i value_ints=is value_string=s value_strings=ss
Constant 21 0 1 sparse_value=? value=t value_float=f value_floats=fs value_int=i value_ints=is value_string=s value_strings=ss
ConstantOfShape 9 1 1 value=t
ConstantOfShape 20 1 1 value=t
ConstantOfShape 21 1 1 value=t
Conv 11 2-3 1 auto_pad=s dilations=is group=i kernel_shape=is pads=is strides=is
ConvInteger 10 2-4 1 auto_pad=s dilations=is group=i kernel_shape=is pads=is strides=is
ConvTranspose 11 2-3 1 auto_pad=s dilations=is group=i kernel_shape=is output_padding=is output_shape=is pads=is strides=is
Cos 7 1 1
Cosh 9 1 1
CumSum 14 2 1 exclusive=i reverse=i
DFT 17 1-2 1 axis=i inverse=i onesided=i
DFT 20 1-3 1 inverse=i onesided=i
DeformConv 19 3-5 1 dilations=is group=i kernel_shape=is offset_group=i pads=is strides=is
DepthToSpace 13 1 1 blocksize!=i mode=s
DequantizeLinear 13 2-3 1 axis=i
DequantizeLinear 19 2-3 1 axis=i
DequantizeLinear 21 2-3 1 axis=i block_size=i
Det 11 1 1
Div 14 2 1
Dropout 13 1-3 1-2 seed=i
DynamicQuantizeLinear 11 1 3
Einsum 12 1-* 1 equation!=s
Elu 6 1 1 alpha=f
Equal 13 2 1
Equal 19 2 1
Erf 13 1 1
Exp 13 1 1
Expand 13 2 1
EyeLike 9 1 1 dtype=i k=i
Flatten 13 1 1 axis=i
Flatten 21 1 1 axis=i
Floor 13 1 1
GRU 14 3-6 0-2 activation_alpha=fs activation_beta=fs activations=ss clip=f direction=s hidden_size=i layout=i linear_before_reset=i
Gather 13 2 1 axis=i
GatherElements 13 2 1 axis=i
GatherND 13 2 1 batch_dims=i
Gelu 20 1 1 approximate=s
Gemm 13 2-3 1 alpha=f beta=f transA=i transB=i
GlobalAveragePool 1 1 1
GlobalLpPool 2 1 1 p=i
GlobalMaxPool 1 1 1
Greater 13 2 1
GreaterOrEqual 16 2 1
GridSample 16 2 1 align_corners=i mode=s padding_mode=s
GridSample 20 2 1 align_corners=i mode=s padding_mode=s
GroupNormalization 21 3 1 epsilon=f num_groups!=i stash_type=i
HammingWindow 17 1 1 output_datatype=i periodic=i
HannWindow 17 1 1 output_datatype=i periodic=i
HardSigmoid 6 1 1 alpha=f beta=f
HardSwish 14 1 1
Hardmax 13 1 1 axis=i
Identity 16 1 1
Identity 19 1 1
Identity 21 1 1
If 16 1 1-* else_branch!=g then_branch!=g
If 19 1 1-* else_branch!=g then_branch!=g
If 21 1 1-* else_branch!=g then_branch!=g
ImageDecoder 20 1 1 pixel_format=s
InstanceNormalization 6 3 1 epsilon=f
IsInf 10 1 1 detect_negative=i detect_positive=i
IsInf 20 1 1 detect_negative=i detect_positive=i
IsNaN 13 1 1
IsNaN 20 1 1
LRN 13 1 1 alpha=f beta=f bias=f size!=i
LSTM 14 3-8 0-3 activation_alpha=fs activation_beta=fs activations=ss clip=f direction=s hidden_size=i input_forget=i layout=i
LayerNormalization 17 2-3 1-3 axis=i epsilon=f stash_type=i
LeakyRelu 16 1 1 alpha=f
Less 13 2 1
LessOrEqual 16 2 1
Log 13 1 1
LogSoftmax 13 1 1 axis=i
Loop 16 2-* 1-* body!=g
Loop 19 2-* 1-* body!=g
Loop 21 2-* 1-* body!=g
LpNormalization 1 1 1 axis=i p=i
LpPool 11 1 1 auto_pad=s kernel_shape!=is p=i pads=is strides=is
LpPool 18 1 1 auto_pad=s ceil_mode=i dilations=is kernel_shape!=is p=i pads=is strides=is
MatMul 13 2 1
MatMulInteger 10 2-4 1
Max 13 1-* 1
MaxPool 12 1 1-2 auto_pad=s ceil_mode=i dilations=is kernel_shape!=is pads=is storage_order=i strides=is
MaxRoiPool 1 2 1 pooled_shape!=is spatial_scale=f
MaxUnpool 11 2-3 1 kernel_shape!=is pads=is strides=is
Mean 13 1-* 1
MeanVarianceNormalization 13 1 1 axes=is
MelWeightMatrix 17 5 1 output_datatype=i
Min 13 1-* 1
Mish 18 1 1
Mod 13 2 1 fmod=i
Mul 14 2 1
Multinomial 7 1 1 dtype=i sample_size=i seed=f
Neg 13 1 1
NegativeLogLikelihoodLoss 13 2-3 1 ignore_index=i reduction=s
NonMaxSuppression 11 2-5 1 center_point_box=i
NonZero 13 1 1
Not 1 1 1
OneHot 11 3 1 axis=i
Optional 15 0-1 1 type=?
OptionalGetElement 15 1 1
OptionalGetElement 18 1 1
OptionalHasElement 15 1 1
OptionalHasElement 18 0-1 1
Or 7 2 1
PRelu 16 2 1
Pad 13 2-3 1 mode=s
Pad 18 2-4 1 mode=s
Pad 19 2-4 1 mode=s
Pad 21 2-4 1 mode=s
Pow 15 2 1
QLinearConv 10 8-9 1 auto_pad=s dilations=is group=i kernel_shape=is pads=is strides=is
QLinearMatMul 10 8 1
QLinearMatMul 21 8 1
QuantizeLinear 13 2-3 1 axis=i
QuantizeLinear 19 2-3 1 axis=i saturate=i
QuantizeLinear 21 2-3 1 axis=i block_size=i output_dtype=i saturate=i
RNN 14 3-6 0-2 activation_alpha=fs activation_beta=fs activations=ss clip=f direction=s hidden_size=i layout=i
RandomNormal 1 0 1 dtype=i mean=f scale=f seed=f shape!=is
RandomNormalLike 1 1 1 dtype=i mean=f scale=f seed=f
RandomUniform 1 0 1 dtype=i high=f low=f seed=f shape!=is
RandomUniformLike 1 1 1 dtype=i high=f low=f seed=f
Range 11 3 1
Reciprocal 13 1 1
ReduceL1 13 1 1 axes=is keepdims=i
ReduceL1 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceL2 13 1 1 axes=is keepdims=i
ReduceL2 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceLogSum 13 1 1 axes=is keepdims=i
ReduceLogSum 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceLogSumExp 13 1 1 axes=is keepdims=i
ReduceLogSumExp 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceMax 13 1 1 axes=is keepdims=i
ReduceMax 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceMax 20 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceMean 13 1 1 axes=is keepdims=i
ReduceMean 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceMin 13 1 1 axes=is keepdims=i
ReduceMin 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceMin 20 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceProd 13 1 1 axes=is keepdims=i
ReduceProd 18 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceSum 13 1-2 1 keepdims=i noop_with_empty_axes=i
ReduceSumSquare 13 1 1 axes=is keepdims=i
ReduceSumSquare 18 1-2 1 keepdims=i noop_with_empty_axes=i
RegexFullMatch 20 1 1 pattern=s
Relu 14 1 1
Reshape 14 2 1 allowzero=i
Reshape 19 2 1 allowzero=i
Reshape 21 2 1 allowzero=i
Resize 13 1-4 1 coordinate_transformation_mode=s cubic_coeff_a=f exclude_outside=i extrapolation_value=f mode=s nearest_mode=s
Resize 18 1-4 1 antialias=i axes=is coordinate_transformation_mode=s cubic_coeff_a=f exclude_outside=i extrapolation_value=f keep_aspect_ratio_policy=s mode=s nearest_mode=s
Resize 19 1-4 1 antialias=i axes=is coordinate_transformation_mode=s cubic_coeff_a=f exclude_outside=i extrapolation_value=f keep_aspect_ratio_policy=s mode=s nearest_mode=s
ReverseSequence 10 2 1 batch_axis=i time_axis=i
RoiAlign 16 3 1 coordinate_transformation_mode=s mode=s output_height=i output_width=i sampling_ratio=i spatial_scale=f
Round 11 1 1
STFT 17 2-4 1 onesided=i
Scan 16 1-* 1-* body!=g num_scan_inputs!=i scan_input_axes=is scan_input_directions=is scan_output_axes=is scan_output_directions=is
Scan 19 1-* 1-* body!=g num_scan_inputs!=i scan_input_axes=is scan_input_directions=is scan_output_axes=is scan_output_directions=is
Scan 21 1-* 1-* body!=g num_scan_inputs!=i scan_input_axes=is scan_input_directions=is scan_output_axes=is scan_output_directions=is
Scatter 9 3 1 axis=i
ScatterElements 16 3 1 axis=i reduction=s
ScatterElements 18 3 1 axis=i reduction=s
ScatterND 16 3 1 reduction=s
ScatterND 18 3 1 reduction=s
Selu 6 1 1 alpha=f gamma=f
SequenceAt 11 2 1
SequenceConstruct 11 1-* 1
SequenceEmpty 11 0 1 dtype=i
SequenceErase 11 1-2 1
SequenceInsert 11 2-3 1
SequenceLength 11 1 1
SequenceMap 17 1-* 1-* body!=g
Shape 15 1 1 end=i start=i
Shape 19 1 1 end=i start=i
Shape 21 1 1 end=i start=i
Shrink 9 1 1 bias=f lambd=f
Sigmoid 13 1 1
Sign 13 1 1
Sin 7 1 1
Sinh 9 1 1
Size 13 1 1
Size 19 1 1
Size 21 1 1
Slice 13 3-5 1
Softmax 13 1 1 axis=i
SoftmaxCrossEntropyLoss 13 2-3 1-2 ignore_index=i reduction=s
Softplus 1 1 1
Softsign 1 1 1
SpaceToDepth 13 1 1 blocksize!=i
Split 13 1-2 1-* axis=i
Split 18 1-2 1-* axis=i num_outputs=i
SplitToSequence 11 1-2 1 axis=i keepdims=i
Sqrt 13 1 1
Squeeze 13 1-2 1
Squeeze 21 1-2 1
StringConcat 20 2 1
StringNormalizer 10 1 1 case_change_action=s is_case_sensitive=i locale=s stopwords=ss
StringSplit 20 1 2 delimiter=s maxsplit=i
Sub 14 2 1
Sum 13 1-* 1
Tan 7 1 1
Tanh 13 1 1
TfIdfVectorizer 9 1 1 max_gram_length!=i max_skip_count!=i min_gram_length!=i mode!=s ngram_counts!=is ngram_indexes!=is pool_int64s=is pool_strings=ss weights=fs
ThresholdedRelu 10 1 1 alpha=f
Tile 13 2 1
TopK 11 2 2 axis=i largest=i sorted=i
Transpose 13 1 1 perm=is
Transpose 21 1 1 perm=is
Trilu 14 1-2 1 upper=i
Unique 11 1 1-4 axis=i sorted=i
Unsqueeze 13 2 1
Unsqueeze 21 2 1
Upsample 9 2 1 mode=s
Where 16 3 1
Xor 7 2 1
`;
