// Saying what was seen, and waiting for it.
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export class Unexpected extends Error {}

const shown = (value) => (typeof value === 'string' ? value : JSON.stringify(value))

/** Refuses what is not equal, as text. */
export function expect(what, expected, actual) {
  if (shown(expected) !== shown(actual)) fail(what, expected, actual)
}

/** Refuses what does not hold. */
export const expectThat = (what, holds, expected, actual) => holds || fail(what, expected, actual)

export function fail(what, expected, actual) {
  throw new Unexpected(`${what}\n  expected: ${shown(expected)}\n  actual:   ${shown(actual)}`)
}

/** One line for what holds; a failure is named after the check. */
export async function check(name, look) {
  try {
    console.log(`ok ${name}: ${await look()}`)
  } catch (error) {
    error.message = `failed ${name}: ${error.message}`
    throw error
  }
}

/** Everything that waits ends with this: the first failure, a signal, or the end. */
export const over = new AbortController()
setMaxListeners(0, over.signal)

export const pause = (milliseconds) => sleep(Math.max(0, milliseconds), undefined, { signal: over.signal })

/** Asks until the answer is neither false nor nothing. */
export async function until(what, seconds, ask, every = 50) {
  for (const deadline = Date.now() + seconds * 1000; ;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) fail(what, `within ${seconds} s`, 'not seen')
    await pause(every)
  }
}

export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`

/** The value that this share of them does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
