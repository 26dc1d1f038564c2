// Linked into the test programs: the environment variables that name fixtures, as the programs have them natively. Not the others:
// with TERM GoogleTest would take every stream for a terminal and colour it.
Module.preRun = () => {
  if (typeof ENV === 'undefined') return; // this program reads none
  for (const [name, value] of Object.entries(process.env)) if (name.startsWith('ONEDGE_')) ENV[name] = value;
};
