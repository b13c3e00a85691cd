/**
 * Tells of each outage twice, when it begins and when it is over: a receiver that is down for a night is two lines, not
 * thousands.
 */
export function outages(host: string, tell: (sentence: string) => void): (problem: string | undefined) => void {
  let down = false
  return (problem) => {
    if (problem !== undefined && !down) tell(`${problem}. Records are offered again until they are taken.`)
    if (problem === undefined && down) tell(`${host} takes records again.`)
    down = problem !== undefined
  }
}
