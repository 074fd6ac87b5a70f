/**
 * What of npm's audit report is not allowed, by advisory, and which allowances have nothing left to allow.
 * @param allowed [{id, reason, until}]: the advisory, why it does no harm here, and the day from which it has to be looked at again
 */
export function judgeAudit({ vulnerabilities }, allowed, nowMs) {
  const advisories = new Map();
  for (const { via } of Object.values(vulnerabilities)) {
    for (const advisory of via) {
      if (typeof advisory !== 'object') continue;
      const id = advisory.url.split('/').at(-1);
      advisories.set(id, { id, name: advisory.name, severity: advisory.severity, title: advisory.title });
    }
  }
  const isAllowed = ({ id }) => allowed.some((one) => one.id === id && Date.parse(one.until) > nowMs);
  return {
    problems: [...advisories.values()].filter((advisory) => !isAllowed(advisory)),
    stale: allowed.map(({ id }) => id).filter((id) => !advisories.has(id)),
  };
}
