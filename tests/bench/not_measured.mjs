// A row that this run cannot measure. It is listed with its reason, so that no row disappears silently.
export class NotMeasured extends Error {}

const reasons = {
  'clients of onnxruntime-web on onedge/ort (silero frame, openWakeWord, PP-OCR, ISNet uint8 and fp16, Whisper)': 'their models are not in the shared data',
  'BERT-base f16 on a GPU, 1x128': 'onedge has no CUDA backend yet',
  'BERT-base f16 on a GPU, 32x128': 'onedge has no CUDA backend yet',
  'BERT-base f16 on a GPU, 128x128': 'onedge has no CUDA backend yet',
  'BERT-base f16 on a GPU, against compiled PyTorch': 'onedge has no CUDA backend yet',
  'GPU over CPU, one phrase': 'onedge has no CUDA backend yet',
  'coverage: ONNX backend tests, tokenizer parity, public models': 'scripts/test counts them',
};

/** [{name, rows(rounds)}] of the rows that nothing can measure yet */
export const missingWorkloads = Object.entries(reasons).map(([name, reason]) => ({
  name,
  rows: () => {
    throw new NotMeasured(reason);
  },
}));
