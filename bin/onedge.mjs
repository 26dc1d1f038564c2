#!/usr/bin/env node
// npx onedge: deploys packaged models to where an edge Worker reads them. docs/deploy.md is its manual.
// Exit status: 0 done, 1 the work failed, 2 wrong usage. Messages go to stderr, what was asked for to stdout.
import { runCommand } from '../worker/deploy/command_line.js';

// Ending this way runs what removes temporary files.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

process.exitCode = await runCommand(process.argv.slice(2));
