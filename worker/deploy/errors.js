// What the commands end with: DeployError (exit status 1) where the work failed, UsageError (2) where it was asked for wrongly.

export class DeployError extends Error {
  name = 'DeployError';
}

export class UsageError extends Error {
  name = 'UsageError';
}
