// Providers that fail: whose key is known never notices, whose key is not stays out, and afterwards all is well again.
import { newKey, publicPart } from './provider.mjs'
import { expect, expectThat, pause, quantile, seconds, until } from './say.mjs'
import { expectStranger } from './service.mjs'

// In milliseconds, beyond what a busy machine takes for tokens of sound providers meanwhile.
const KNOWN_KEY = 500
const UNKNOWN_KEY = 2500 // for a token, and for a fetch
const HUGE = 10 * 1024 * 1024

const reply = (answer, status, headers, body) => answer.writeHead(status, headers).end(body)
const onKeys = (deal) => (what, answer) => what === 'jwks' && (deal(answer), true)

/** What each provider does, and what the log must say of it. Where it answers a key set, the new key is in it. */
const FAULTS = {
  'answers 500 to everything': ['answered 500 instead of 200', () => (_, answer) => (reply(answer, 500), true)],
  'never answers': ['did not answer within 2 seconds', () => onKeys(() => {})],
  'answers a byte at a time': ['did not answer within 2 seconds', ({ set }) => onKeys((answer) => drip(answer, set))],
  'breaks off its answer': ['broke off its answer', ({ set }) => onKeys((answer) => {
    answer.writeHead(200, { 'Content-Length': set.length }).write(set.slice(0, 50), () => answer.destroy())
  })],
  'answers 10 MB': ['is larger than 64 KiB', ({ set, seen }) => onKeys((answer) => pour(answer, set, seen))],
  'answers broken JSON': ['is not a JSON object', ({ set }) => onKeys((answer) =>
    reply(answer, 200, {}, set.slice(0, -1)))],
  'answers HTML': ['is not a JSON object', () => onKeys((answer) =>
    reply(answer, 200, { 'Content-Type': 'text/html' }, '<!doctype html><title>Back soon</title>'))],
  'redirects elsewhere': ['answered 302 instead of 200', ({ elsewhere }) => onKeys((answer) =>
    reply(answer, 302, { Location: elsewhere.url }))],
  'says that it is another issuer': ['says that it belongs to another issuer', ({ url }) => (what, answer) =>
    what !== 'jwks' && (reply(answer, 200, {}, JSON.stringify({ issuer: `${url}/`, jwks_uri: `${url}/jwks` })), true)],
  'gives two keys one id': [undefined, ({ twins }) => onKeys((answer) => reply(answer, 200, {}, twins))],
}

export const faults = Object.keys(FAULTS)

function drip(answer, set) {
  let sent = 0
  const timer = setInterval(() => answer.write(set[sent++ % set.length]), 100)
  answer.on('close', () => clearInterval(timer))
}

/** A sound key set, for whoever reads all of it. */
function pour(answer, set, seen) {
  const { socket } = answer
  answer.on('close', () => { seen.poured = socket.bytesWritten })
  answer.writeHead(200, { 'Content-Length': set.length + HUGE }).write(set)
  const piece = ' '.repeat(16 * 1024)
  let left = HUGE / piece.length
  const more = () => {
    for (; left > 0 && !answer.destroyed; left -= 1) if (!answer.write(piece)) return answer.once('drain', more)
    return answer.end()
  }
  more()
}

/** Asks again and again, with a token that has been seen before and with a fresh one. */
class Steady {
  #running = true
  times = []

  constructor(service, mint) {
    this.done = this.#ask(service, mint)
    this.done.catch(() => {}) // whoever stops it hears of it
  }

  async #ask(service, mint) {
    for (const old = await mint(); this.#running; await pause(200)) {
      for (const token of [old, await mint()]) {
        const { status, took, body } = await service.knock(token)
        expect(`a token whose key is known (${JSON.stringify(body).slice(0, 200)})`, 200, status)
        this.times.push(took)
      }
    }
  }

  stop() {
    this.#running = false
    return this.done
  }
}

/** Has the provider fail, until it is told to be well again; `lengths` says how long each fetch took. */
function fail(provider, fault) {
  const lengths = []
  provider.fault = (what, answer) => {
    const begun = performance.now()
    const dealt = fault(what, answer)
    if (dealt) answer.on('close', () => lengths.push(performance.now() - begun))
    return dealt
  }
  return { lengths, mend: () => { provider.fault = () => false } }
}

export async function checkOutage(service, provider, name, elsewhere) {
  const [say, deal] = FAULTS[name]
  const [known] = provider.keys
  const [fresh, twin] = [await newKey('ES256'), await newKey('ES256', known.kid)]
  const set = (...keys) => JSON.stringify({ keys: keys.map(publicPart) })
  const [seen, refused] = [{}, []]
  const fault = deal({ set: set(known, fresh), twins: set(twin, known), seen, url: provider.url, elsewhere })
  const mint = (key) => provider.mint(`somebody at a provider that ${name}`, { key })
  const knock = async (key) => service.knock(await mint(key))
  const isKnown = async () => {
    const { status, headers, body, took } = await knock(fresh)
    if (status === 200) return true
    expectStranger('a token whose key is unknown', status, headers, body)
    refused.push(took)
    return false
  }

  expect('before it fails', 200, (await knock(known)).status) // and they are a member already, which takes its time
  const steady = new Steady(service, () => mint(known))
  const broken = performance.now()
  const { lengths, mend } = fail(provider, fault)
  // Whoever comes with a key that nobody knows makes the service ask: twice, so that it is seen how soon it asks again.
  await until('the failing provider is asked twice', 30, async () => {
    expect('whether a token is taken whose key is unknown', false, await isKnown())
    return lengths.length >= 2
  }, 250)
  const visits = provider.visits(broken)
  expectThat('fetches from a provider that fails', visits.closest > 9000, 'at most one in 10 s', visits)
  const isSaid = () => service.warnings(provider.url).some((one) => one.includes(say))
  if (say) await until(`the log says "${say}"`, 5, isSaid)
  else expect('two keys with one id', [200, 200], [(await knock(known)).status, (await knock(twin)).status])

  mend()
  provider.publish(fresh, known)
  const mended = performance.now()
  await until('the new key is known', 15, isKnown, 250)
  const well = performance.now() - mended
  await steady.stop()

  const meanwhile = service.slowest(broken)
  const ms = (time) => `${Math.round(time)} ms`
  const [slowest, wait, longest] = [steady.times, refused, lengths].map((times) => quantile(times, 1))
  const within = (what, there, limit) =>
    expectThat(what, there < limit + meanwhile, `less than ${ms(limit + meanwhile)}`, ms(there))
  within('the slowest answer to a known key', slowest, KNOWN_KEY)
  within('the slowest refusal of an unknown key', wait, UNKNOWN_KEY)
  within('the longest fetch', longest, UNKNOWN_KEY)
  expect('requests to where it redirects', 0, elsewhere.visits)
  expectThat('bytes that were taken of 10 MB', !(seen.poured > HUGE / 2), 'few', seen.poured)
  const all = (times) => `${times.length} of ${times.length}`
  return `${all(steady.times)} tokens with a known key taken, p99 ${ms(quantile(steady.times, 0.99))}, slowest `
    + `${ms(slowest)} (of sound providers: ${ms(meanwhile)}); ${all(refused)} with an unknown one refused, slowest `
    + `${ms(wait)}; ${visits.count} fetches ${seconds(visits.closest)} apart, the longest ${ms(longest)}`
    + (seen.poured ? ` and ${Math.round(seen.poured / 1024)} KiB` : '') + (say ? `, and the log "${say}"` : '')
    + `; the new key known ${seconds(well)} after`
}
