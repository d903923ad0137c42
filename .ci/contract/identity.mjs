// Has the service work with identity providers that other people wrote: oidc-provider, where people and programs come
// by their tokens as everywhere, where keys change under load, and which fails in ten ways; and oauth2-mock-server, for
// what no sound provider would sign. SERVICE is the program; DATABASE_URL, MASTER_KEYS, ORGANIZATION and
// OTHER_ORGANIZATION are its database and two organizations in it; ROTATIONS says how often keys change. Ends with the
// first check that fails.
import { createServer } from 'node:http'
import { checkForgeries, checkOrganizations, startMock } from './identity/forgeries.mjs'
import { checkOutage, faults } from './identity/outage.mjs'
import { checkExpiry, checkPeople, checkPrograms, checkStrangers, people } from './identity/people.mjs'
import { AUDIENCE, newKey, startProvider } from './identity/provider.mjs'
import { checkHaste, checkRotation } from './identity/rotation.mjs'
import { Unexpected, check, expect, over, quantile, seconds } from './identity/say.mjs'
import { startService } from './identity/service.mjs'

const { SERVICE, ORGANIZATION, OTHER_ORGANIZATION, ROTATIONS = '1' } = process.env

/** One `[[issuers]]`, for people of the organization unless it says otherwise. */
const table = ({ url }, organization = `organization = "${ORGANIZATION}"`) => `[[issuers]]
issuer = "${url}"
audiences = ["${AUDIENCE}"]
algorithms = ["RS256", "ES256", "EdDSA"]
discovery = true
${organization}
`

const CLAIMED = `organization_claim = "org"\norganizations = { globex = "${OTHER_ORGANIZATION}" }`

/** Where nobody may be sent. */
async function startElsewhere() {
  const elsewhere = { visits: 0 }
  const server = createServer((_, answer) => { elsewhere.visits += 1; answer.end('{"keys":[]}') })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  elsewhere.url = `http://127.0.0.1:${server.address().port}/jwks`
  elsewhere.stop = () => { server.closeAllConnections(); return new Promise((resolve) => server.close(resolve)) }
  return elsewhere
}

async function startAll(run) {
  const [key, path] = [await newKey('RS256'), '/company/']
  const provider = async (alg) => run(startProvider({ keys: [await newKey(alg)] }))
  // Strangers: another issuer whose key has the same id; and one that even calls itself the same.
  const impostor = async () => run(startProvider({ keys: [await newKey('RS256', key.kid)], path, people }))
  const company = await run(startProvider({ keys: [key], path, people }))
  const [stranger, twin] = [await impostor(), await impostor()]
  twin.url = company.url
  twin.publish(...twin.keys)
  const [quiet, flooded, hasty] = [await provider('RS256'), await provider('RS256'), await provider('ES256')]
  const failing = []
  for (const fault of faults) failing.push([fault, await provider('ES256')])
  const [mock, elsewhere] = [await run(startMock()), await run(startElsewhere())]
  const trusted = [company, quiet, flooded, hasty, ...failing.map(([, one]) => one)].map((one) => table(one))
  const service = await run(startService(SERVICE, [...trusted, table(mock, CLAIMED)].join('\n')))
  return { service, company, stranger, twin, quiet, flooded, hasty, failing, mock, elsewhere }
}

async function checkAll({ service, company, stranger, twin, quiet, flooded, hasty, failing, mock, elsewhere }) {
  const expiry = check('an expired token', () => checkExpiry(service, company)) // takes half a minute of waiting
  expiry.catch(() => {})
  await check('people', () => checkPeople(service, company))
  await check('programs', () => checkPrograms(service, company))
  await check('strangers', () => checkStrangers(service, company, { stranger, twin }))
  await check('organizations', () => checkOrganizations(service, company, mock))
  await check('forgeries', () => checkForgeries(service, mock))
  const rotations = Number(ROTATIONS)
  await Promise.all([
    expiry,
    check('rotation', () => checkRotation(service, quiet, { rotations })),
    check('rotation among strangers', () => checkRotation(service, flooded, { rotations, flood: true })),
    check('rotation in haste, as a control', () => checkHaste(service, hasty)),
    ...failing.map(([fault, one]) =>
      check(`a provider that ${fault}`, () => checkOutage(service, one, fault, elsewhere))),
  ])
  await check('all answers', () => {
    const answers = service.answers.filter(({ route }) => route !== '/readyz')
    const failures = answers.filter(({ status }) => status >= 500 && status !== 503)
    expect('answers of 500 and more, but to come back later', [], failures)
    const all = new Map()
    for (const { status, seconds: took } of answers) {
      if (!all.has(status)) all.set(status, [])
      all.get(status).push(took * 1000)
    }
    return [...all].sort(([one], [other]) => one - other).map(([status, times]) =>
      `${times.length} × ${status} (p99 ${quantile(times, 0.99).toFixed(1)} ms inside)`).join(', ')
  })
}

async function main() {
  const begun = performance.now()
  const interrupted = new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => reject(new Unexpected(signal)))
  })
  const running = []
  const run = async (starting) => { const one = await starting; running.unshift(one); return one }
  const starting = startAll(run)
  try {
    await Promise.race([interrupted, starting.then(checkAll)])
    console.log(`ok identity providers: in ${seconds(performance.now() - begun)}`)
  } finally {
    over.abort()
    await starting.catch(() => {})
    for (const one of running) await one.stop().catch(told)
  }
}

function told(error) {
  console.error(error instanceof Unexpected ? error.message : error)
  process.exitCode = 1
}

main().catch(told)
