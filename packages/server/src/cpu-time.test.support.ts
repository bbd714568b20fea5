/**
 * What this process has worked since, on all its threads, in ms: a machine that is busy with other things has us wait, and
 * work no longer.
 */
export function cpuMs(): () => number {
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
}
