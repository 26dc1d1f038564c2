/*
 * onedge's C API: loads a model from bytes, runs it on tensors or as its task. Pure C, stable: handles are opaque,
 * options and task inputs are JSON, and no struct is passed by value. docs/cpp.md has examples.
 * Errors: a function that can fail returns ONEDGE_OK (0) or another code, and then does not change its out parameters.
 * If `error` is not NULL, it points to a message afterwards, or to NULL after a success. Free the message with
 * onedge_free, like all strings from these functions. Strings are UTF-8 and end with a zero.
 * Threads: a model may be used from several threads at once. A session runs one thing at a time; sessions of one model
 * run at once. Memory: handles may be freed in any order; a session and its outputs keep the model alive.
 */
#ifndef ONEDGE_H_
#define ONEDGE_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ONEDGE_API __attribute__((visibility("default")))
#else
#define ONEDGE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ONEDGE_OK = 0,
  ONEDGE_INVALID_ARGUMENT = 1,   /* the caller's input is wrong: name, dtype, shape, option */
  ONEDGE_CORRUPT_FILE = 2,       /* bytes that violate their format */
  ONEDGE_NOT_FOUND = 3,          /* a name, file part or label that does not exist */
  ONEDGE_UNSUPPORTED = 4,        /* valid, but this build cannot do it */
  ONEDGE_RESOURCE_EXHAUSTED = 5, /* a memory budget or a size limit */
  ONEDGE_CANCELLED = 6,          /* the caller asked to stop */
  ONEDGE_DEADLINE_EXCEEDED = 7,  /* the caller's deadline has passed */
  ONEDGE_INTERNAL = 8            /* a defect of onedge */
};

typedef struct onedge_model onedge_model;
typedef struct onedge_session onedge_session;
typedef struct onedge_tensor onedge_tensor;

/* "0.1.0". Do not free it. */
ONEDGE_API const char* onedge_version(void);
/* Frees a string from a function of this header. NULL is allowed, here and in every other function that frees. */
ONEDGE_API void onedge_free(char* string);

/*
 * Loads an .onnx file (with its weights inside) or a .onedge package. The bytes are not needed afterwards.
 * options: NULL or a JSON object: {"memory_limit": bytes for weights, tokenizer and activations together,
 * "device": "cpu", "cuda" or "auto" (default), "optimize": false to run every operator as the file has it}.
 */
ONEDGE_API int onedge_model_load(const void* bytes, size_t size, const char* options, onedge_model** model,
                                 char** error);
ONEDGE_API void onedge_model_free(onedge_model* model);
/* Name, task, labels, signature, operators and so on, as the JSON of `onedge inspect --json`. */
ONEDGE_API int onedge_model_describe(const onedge_model* model, char** json, char** error);
ONEDGE_API size_t onedge_model_input_count(const onedge_model* model);
ONEDGE_API size_t onedge_model_output_count(const onedge_model* model);
/* The name of input or output i, or NULL if the model has fewer. Valid as long as the model. */
ONEDGE_API const char* onedge_model_input_name(const onedge_model* model, size_t i);
ONEDGE_API const char* onedge_model_output_name(const onedge_model* model, size_t i);

/* threads: including the caller; 0: one for each core. */
ONEDGE_API int onedge_session_create(const onedge_model* model, size_t threads, onedge_session** session, char** error);
ONEDGE_API void onedge_session_free(onedge_session* session);

/* Runs the model's task, or the task in the options. inputs: a JSON array with one element for each input: a text,
 * [text, pair] or an object (docs/tasks.md). options: NULL or a JSON object. answers: a JSON array with one element for
 * each input. pixels: NULL, or the pixels of the only input (rows of width * channels bytes, top first); its element of
 * `inputs` is then {"width": w, "height": h, "channels": c}.
 */
ONEDGE_API int onedge_session_run_task(onedge_session* session, const char* inputs, const char* options,
                                       const uint8_t* pixels, size_t pixel_bytes, char** answers, char** error);

/* Makes a tensor with a copy of `data`. dtype: a number of TensorProto.DataType (1: float32, 7: int64, ...), not 8
 * (string). dims may be NULL if rank is 0. bytes: the size that the shape requires. */
ONEDGE_API int onedge_tensor_create(int dtype, const int64_t* dims, size_t rank, const void* data, size_t bytes,
                                    onedge_tensor** tensor, char** error);
/* Makes a tensor of strings: as many as the shape requires. */
ONEDGE_API int onedge_tensor_create_strings(const int64_t* dims, size_t rank, const char* const* strings, size_t count,
                                            onedge_tensor** tensor, char** error);
ONEDGE_API void onedge_tensor_free(onedge_tensor* tensor);
ONEDGE_API int onedge_tensor_dtype(const onedge_tensor* tensor);
ONEDGE_API size_t onedge_tensor_rank(const onedge_tensor* tensor);
ONEDGE_API const int64_t* onedge_tensor_dims(const onedge_tensor* tensor);
/* NULL for strings. Valid as long as the tensor. */
ONEDGE_API const void* onedge_tensor_data(const onedge_tensor* tensor);
ONEDGE_API size_t onedge_tensor_bytes(const onedge_tensor* tensor);
/* String i, or NULL if the tensor has fewer. Valid as long as the tensor. */
ONEDGE_API const char* onedge_tensor_string(const onedge_tensor* tensor, size_t i);

/* Runs the model: `count` inputs by name, in any order. outputs: an array with one element for each output of the
 * model, in its order. Free each of these tensors. */
ONEDGE_API int onedge_session_run(onedge_session* session, const char* const* names, const onedge_tensor* const* inputs,
                                  size_t count, onedge_tensor** outputs, char** error);

#ifdef __cplusplus
}
#endif

#endif /* ONEDGE_H_ */
