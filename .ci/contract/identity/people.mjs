// Who comes in, and who does not: people and programs of a provider, and everybody else.
import { clientCredentials, forged, read, signIn } from './flow.mjs'
import { ADMINISTRATOR, AUDIENCE, ELSEWHERE, newKey } from './provider.mjs'
import { expect, expectThat, pause, seconds } from './say.mjs'
import { expectStranger } from './service.mjs'

/** How long a token is accepted past its end: clocks differ. */
const LEEWAY = 30_000

const MERGE = { 'Content-Type': 'application/merge-patch+json' }

/** People whom the provider knows more of than a name. */
export const people = new Map([
  ['ana', { name: 'Ana Silva', roles: ['employee', ADMINISTRATOR] }],
  ['ben', { name: 'Ben Okafor', roles: ['employee'], org: 'globex' }],
])

export async function checkPeople(service, company) {
  const [ana, ben] = [await signIn(company, 'ana'), await signIn(company, 'ben')]
  const seen = {}
  for (const [login, { access_token: token, forms }] of Object.entries({ ana, ben })) {
    expect(`forms that ${login} filled in`, 2, forms)
    const { typ, kid } = read(token).header
    expect(`typ and kid of ${login}'s token`, ['at+jwt', company.keys[0].kid], [typ, kid])
    const me = await service.good(login, '/v1/me', token)
    const expected = [login, people.get(login).name, process.env.ORGANIZATION]
    expect(`${login}, as the service knows them`, expected, [me.external_id, me.name, me.organization.id])
    seen[login] = me.id
  }
  // What only administrators may: see who asked for help, and change somebody's entry, which is then audited.
  await service.good('ana', '/v1/help-requests', ana.access_token)
  await service.refused('ben', '/v1/help-requests', ben.access_token, 403, 'administrators_only')
  await service.refused('ben', '/v1/events', ben.access_token, 403, 'integrations_only')
  const entry = `/v1/members/${seen.ben}`
  const { headers } = await service.ask(entry, ana.access_token)
  const ifMatch = { 'If-Match': headers.get('etag') }
  const change = { method: 'PATCH', headers: { ...MERGE, ...ifMatch }, body: '{"title":"Engineer"}' }
  await service.refused('ben', entry, ben.access_token, 403, 'administrators_only', change)
  await service.good('ana', entry, ana.access_token, change)
  const found = await service.good('ben', `/v1/members/${seen.ana}`, ben.access_token)
  expect('whom Ben finds', 'Ana Silva', found.name)
  const { data: [audited] } = await service.good('ben', '/v1/audit-entries', ben.access_token)
  expectThat('the audit entry about Ben', JSON.stringify(audited)?.includes(seen.ana), 'it names Ana', audited)
  return '2 people by code and PKCE, over 2 forms each, became members with name and organization; the administrator '
    + "sees who asked for help and changes another's entry, which is audited; 403 for the other one; where the issuer "
    + 'has one organization, a claim of another is not heeded'
}

export async function checkPrograms(service, company) {
  const events = await clientCredentials(company, 'events:read')
  const { data } = await service.good('a program', '/v1/events', events)
  const others = ['/v1/members', '/v1/webhooks']
  for (const path of others) await service.refused('a program', path, events, 403, 'scope_missing')
  await service.refused('a program', '/v1/me', events, 403, 'members_only')
  const members = await clientCredentials(company, 'members:read unheard:of')
  const list = await service.good('another program', '/v1/members', members)
  await service.refused('another program', '/v1/events', members, 403, 'scope_missing')
  expectThat('members', list.data.length >= 2, 'Ana and Ben at least', list.data)
  return `events:read reads ${data.length} events, and gets 403 for ${others.join(', ')} and /v1/me; `
    + `members:read lists ${list.data.length} members, and gets 403 for events`
}

/** Whatever is not an access token of this provider's for this service. `twin` says that it is the same issuer. */
export async function checkStrangers(service, company, { stranger, twin }) {
  const [{ access_token: good, id_token }, key] = [await signIn(company, 'ana'), await newKey('ES256')]
  const { id_token: idTokenForUs } = await signIn(company, 'ana', { client: AUDIENCE })
  expect('the audience of that ID token', AUDIENCE, read(idTokenForUs).claims.aud)
  const { access_token: elsewhere } = await signIn(company, 'ana', { resource: ELSEWHERE })
  const signature = good.split('.')[2]
  const flipped = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)
  const cases = [
    ['an ID token', id_token, 'is meant for someone else'],
    ['an ID token whose audience is this service', idTokenForUs, 'is of another type'],
    ['an access token for another resource', elsewhere, 'is meant for someone else'],
    ['a changed signature', forged(good, { signature: flipped }), "'s signature is wrong"],
    ['changed claims', forged(good, { claims: { sub: 'ben' } }), "'s signature is wrong"],
    ['no signature', forged(good, { signature: '' }), 'is not a compact JWT'],
    ['alg none without a signature', forged(good, { header: { alg: 'none' }, signature: '' }), 'is not a compact JWT'],
    ['alg none with a signature', forged(good, { header: { alg: 'none' } }), "'s algorithm is not accepted"],
    ['another issuer, the same kid', await stranger.mint('ana'), "'s issuer is unknown"],
    ['another key of the same kid, that calls itself this issuer', await twin.mint('ana'), "'s signature is wrong"],
    ['a key that the issuer has not published', await company.mint('ana', { key }), "'s key is unknown"],
    ['words', 'let-me-in', 'is not a compact JWT'],
  ]
  for (const [what, token, reason] of cases) await service.stranger(what, token, spaced(reason))
  const none = await fetch(`${service.url}/v1/me`)
  expectStranger('no token', none.status, none.headers, await none.json())
  await service.good('ana, meanwhile', '/v1/me', good)
  const names = cases.map(([what]) => what).join('; ')
  return `${cases.length + 1} refused with 401 unauthenticated, each for its own reason: no token; ${names}`
}

/** Reasons begin with "the token", or with "the token's". */
export const spaced = (reason) => (reason.startsWith("'s") ? `the token${reason}` : `the token ${reason}`)

/** A token is good until its end, and no longer than the leeway after it. */
export async function checkExpiry(service, company) {
  const token = await company.mint('ana', { lives: 2 })
  const end = read(token).claims.exp * 1000
  let asked = 0
  while (Date.now() < end + LEEWAY - 1000) {
    await service.good('a token that is not over yet', '/v1/me', token)
    asked += 1
    await pause(1000)
  }
  await pause(end + LEEWAY - Date.now())
  await service.stranger('a token that is over', token, spaced('has expired'))
  return `good ${asked} of ${asked} times until its end and the leeway of ${seconds(LEEWAY)}, 401 right after`
}
