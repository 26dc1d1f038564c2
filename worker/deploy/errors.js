// Errors of the commands: DeployError (exit status 1) for a failure, UsageError (2) for wrong usage.

export class DeployError extends Error {
  name = 'DeployError';
}

export class UsageError extends Error {
  name = 'UsageError';
}
