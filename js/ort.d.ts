// The types of `onedge/ort` are those of onnxruntime-common.
export * from 'onnxruntime-common';
import * as ort from 'onnxruntime-common';
export default ort;
