// Linked into the test programs: passes the environment variables that name fixtures, as natively. It does not pass
// others: with TERM, GoogleTest would take every stream for a terminal and print colours.
Module.preRun = () => {
  if (typeof ENV === 'undefined') return; // this program reads no environment variables
  for (const [name, value] of Object.entries(process.env)) if (name.startsWith('ONEDGE_')) ENV[name] = value;
};
