#!/usr/bin/env python3
"""Classifies texts through onedge's C API, with nothing but Python's standard library.

usage: classify.py libonedge.so MODEL.onedge TEXT...
"""
import ctypes
import json
import sys


class Onedge:
    """The functions of onedge.h that this program needs. A failure is a RuntimeError with onedge's message."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.onedge_version.restype = ctypes.c_char_p
        self.library.onedge_free.argtypes = [ctypes.c_void_p]
        pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
        out = ctypes.POINTER(ctypes.c_void_p)
        self.library.onedge_model_load.argtypes = [text, size, text, out, out]
        self.library.onedge_model_free.argtypes = [pointer]
        self.library.onedge_session_create.argtypes = [pointer, size, out, out]
        self.library.onedge_session_free.argtypes = [pointer]
        self.library.onedge_session_run_task.argtypes = [pointer, text, text, pointer, size, out, out]

    def call(self, name, *arguments):
        """What the function writes to its last but one parameter, a pointer."""
        result, error = ctypes.c_void_p(), ctypes.c_void_p()
        if getattr(self.library, name)(*arguments, ctypes.byref(result), ctypes.byref(error)) != 0:
            raise RuntimeError(self.take(error))
        return result

    def take(self, string):
        """A string that a function made, freed."""
        text = ctypes.string_at(string).decode()
        self.library.onedge_free(string)
        return text


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    onedge = Onedge(sys.argv[1])
    with open(sys.argv[2], "rb") as file:
        model_bytes = file.read()
    model = onedge.call("onedge_model_load", model_bytes, len(model_bytes), None)
    session = onedge.call("onedge_session_create", model, 1)
    texts = sys.argv[3:]
    options = {"top_k": 1}
    answers = onedge.call("onedge_session_run_task", session, json.dumps(texts).encode(), json.dumps(options).encode(), None, 0)
    for text, entries in zip(texts, json.loads(onedge.take(answers))):
        print(f"{entries[0]['label']} {entries[0]['score']:.4f} {text}")
    onedge.library.onedge_session_free(session)
    onedge.library.onedge_model_free(model)


if __name__ == "__main__":
    main()
