#!/usr/bin/env node
// npx onedge: deploys packaged models for edge Workers. docs/deploy.md is its manual.
// Exit status: 0 done, 1 the work failed, 2 wrong usage. Messages go to stderr, results to stdout.
import { runCommand } from '../worker/deploy/command_line.js';

// process.exit runs the handlers that delete temporary files.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

process.exitCode = await runCommand(process.argv.slice(2));
