// Keys that change under load: nobody whose token is good is refused, and the provider is not asked too often.
import { randomBytes } from 'node:crypto'
import { forged } from './flow.mjs'
import { newKey } from './provider.mjs'
import { expect, expectThat, pause, quantile, seconds, until } from './say.mjs'
import { expectStranger } from './service.mjs'

const CALLERS = 8
const PEOPLE = 250
const PACE = 80 // milliseconds between two requests of a caller
const LIVES = 5 // seconds
const AHEAD = 15_000 // for how long a key is published before its first use
const BETWEEN_FETCHES = 10_000
const REMOVED_WITHIN = 60 // seconds until the tokens of a removed key are refused

/** Callers who ask until they are told to stop: half with a fresh token each time, half with theirs to its end. */
class Load {
  #running = true
  good = new Map()
  times = []
  bad = []
  tokens = 0

  constructor(service, provider) {
    this.service = service
    this.provider = provider
    this.done = Promise.all(Array.from({ length: CALLERS }, (_, place) => this.#call(place)))
    this.done.catch(() => { this.#running = false }) // whoever stops it hears of it
  }

  /** Waits until so many tokens of the key were taken, or there is no point in it. */
  async until(key, many) {
    const enough = () => this.bad.length || !this.#running || (this.good.get(key.kid) ?? 0) >= many
    await until(`${many} tokens of ${key.kid} are taken`, 20, enough)
  }

  async #call(place) {
    let [token, kid, since] = []
    for (let sent = 0; this.#running; sent += 1) {
      const begun = performance.now()
      if (place % 2 === 0 || !(begun - since < LIVES * 1000 - 500)) {
        ({ kid } = this.provider.keys[0])
        token = await this.provider.mint(`person-${(sent * CALLERS + place) % PEOPLE}`, { lives: LIVES })
        this.tokens += 1
        since = begun
      }
      const { status, took, body } = await this.service.knock(token)
      this.times.push(took)
      this.service.healthy.push({ took, at: performance.now() })
      if (status === 200) this.good.set(kid, (this.good.get(kid) ?? 0) + 1)
      else this.bad.push({ status, code: body.code, kid, request_id: body.request_id, after: Math.round(took) })
      await pause(PACE - (performance.now() - begun))
    }
  }

  stop() {
    this.#running = false
    return this.done
  }
}

/** Keys of changing kinds, so that algorithms change hands too. */
const kinds = ['RS256', 'ES256', 'EdDSA']

/** Rotates as providers do; with `flood`, strangers waste every fetch on key ids that nobody has. */
export async function checkRotation(service, provider, { rotations, flood = false }) {
  const [begun, load] = [performance.now(), new Load(service, provider)]
  const [made, removals, stop] = [provider.keys.slice(), [], new AbortController()]
  const flooding = flood ? waste(service, provider, stop.signal) : Promise.resolve(0)
  flooding.catch(() => {})
  await load.until(made[0], 100)
  for (let turn = 1; turn <= rotations && !load.bad.length; turn += 1) {
    const [old, next] = [provider.keys[0], await newKey(kinds[turn % kinds.length])]
    provider.publish(old, next)
    await pause(AHEAD)
    const kept = await provider.mint('person-0', { key: old, lives: 900 })
    provider.publish(next, old) // from now on, `next` signs
    made.push(next)
    await pause(LIVES * 1000 + 500)
    provider.publish(next)
    removals.push(untilRefused(service, kept))
    removals.at(-1).catch(() => {})
  }
  const removed = await Promise.all(removals)
  await load.until(made.at(-1), 100)
  await load.stop()
  stop.abort()
  const [wasted, visits, lasted] = [await flooding, provider.visits(begun), performance.now() - begun]
  expect(`answers other than 200 to ${load.times.length} requests with good tokens`, [], load.bad.slice(0, 5))
  expectThat('requests with tokens of each key', made.every(({ kid }) => load.good.get(kid) > 50), 'more than 50',
    made.map(({ alg, kid }) => `${alg} ${load.good.get(kid)}`))
  expectThat(`fetches of ${seconds(lasted)}`, visits.count <= 1 + lasted / BETWEEN_FETCHES && visits.count > 0
    && !(visits.closest < BETWEEN_FETCHES - 1000), 'at most one in 10 s', visits)
  return `${made.map(({ alg }) => alg).join(' to ')} under ${CALLERS} callers: 0 of ${load.times.length} requests with `
    + `${load.tokens} tokens of ${PEOPLE} people refused (${made.map(({ kid }) => load.good.get(kid)).join(' + ')})`
    + (flood ? `, while ${wasted} of ${wasted} tokens with made-up key ids were` : '')
    + `; ${visits.count} fetches in ${seconds(lasted)}`
    + (visits.count > 1 ? `, the closest two ${seconds(visits.closest)} apart; ` : '; ')
    + `p99 ${Math.round(quantile(load.times, 0.99))} ms, slowest ${Math.round(quantile(load.times, 1))} ms; `
    + `tokens of removed keys refused after ${removed.map(seconds).join(', ')}`
}

/** How long a token is still good whose key has been removed. */
async function untilRefused(service, token) {
  const begun = performance.now()
  await until('the token of a removed key is refused', REMOVED_WITHIN, async () => {
    const { status, headers, body } = await service.knock(token)
    if (status === 200) return false
    expectStranger('a token whose key was removed', status, headers, body)
    return true
  }, 500)
  return performance.now() - begun
}

/** Tokens with key ids that nobody has, ten a second. */
async function waste(service, provider, stop) {
  let count = 0
  for (; !stop.aborted; count += 1) {
    const kid = randomBytes(8).toString('hex')
    const token = forged(await provider.mint('person-0', { lives: LIVES }), { header: { kid } })
    const { status, headers, body } = await service.knock(token)
    expectStranger('a made-up key id', status, headers, body)
    await pause(100)
  }
  return count
}

/** The control: who publishes a key at its first use, over and over, or never at all, has tokens refused. */
export async function checkHaste(service, provider) {
  const hidden = await newKey('ES256')
  const tally = { hasty: [], hidden: 0 }
  for (let turn = 0; turn < 3; turn += 1) {
    provider.publish(await newKey('ES256'), ...provider.keys)
    const until = performance.now() + 2500
    let [refused, asked] = [0, 0]
    const call = async () => {
      for (; performance.now() < until; await pause(PACE)) {
        const { status } = await service.knock(await provider.mint('hasty', { lives: LIVES }))
        asked += 1
        refused += status === 401
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, call))
    tally.hasty.push([refused, asked])
  }
  const refused = tally.hasty.reduce((sum, [some]) => sum + some, 0)
  expectThat('keys published at their first use', refused > 0, 'some 401', tally.hasty)
  const begun = performance.now()
  let known
  await until('the newest key is known', 15, async () => {
    const { status } = await service.knock(await provider.mint('hasty', { lives: LIVES }))
    const answer = await service.knock(await provider.mint('hasty', { key: hidden, lives: LIVES }))
    expectStranger('a key that is never published', answer.status, answer.headers, answer.body)
    tally.hidden += 1
    if (status === 200) known ??= performance.now()
    return status === 200 && tally.hidden >= 10
  }, 200)
  const hasty = tally.hasty.map((one) => one.join(' of ')).join(', ')
  return `3 keys within 7.5 s, each published at its first use: ${hasty} refused, none any more `
    + `${seconds(known - begun)} later; a key that is never published: `
    + `${tally.hidden} of ${tally.hidden} refused`
}
