// onedge in C++: everything that a program includes. docs/cpp.md shows how.
#pragma once

#include "api/model.h"
#include "api/session.h"
#include "api/session_pool.h"
