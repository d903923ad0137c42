// Tokens with a good signature and odd words: oauth2-mock-server lets them be changed before it signs.
import { OAuth2Server } from 'oauth2-mock-server'
import { spaced } from './people.mjs'
import { ADMINISTRATOR, AUDIENCE } from './provider.mjs'
import { expect, expectThat } from './say.mjs'

const KEYS = [['RS256', 'm-rsa'], ['ES256', 'm-one'], ['ES256', 'm-two']]

/** Its tokens name the organization; only `globex` is listed. */
export async function startMock() {
  const server = new OAuth2Server()
  for (const [alg, kid] of KEYS) await server.issuer.keys.generate(alg, { kid })
  await server.start(0, '127.0.0.1')
  server.issuer.url = `http://127.0.0.1:${server.address().port}`
  const sign = ({ header = {}, claims = {}, kid = 'm-rsa', subject = 'gus' } = {}) => {
    server.issuer.once('beforeSigning', (token) => {
      Object.assign(token.header, { typ: 'at+jwt' }, header)
      Object.assign(token.payload, { aud: AUDIENCE, sub: subject, org: 'globex' }, claims)
    })
    return server.issuer.buildToken({ kid })
  }
  return { url: server.issuer.url, sign, stop: () => server.stop() }
}

/** Another organization's people neither come in as this one's, nor see anybody of it. */
export async function checkOrganizations(service, company, mock) {
  const { ORGANIZATION, OTHER_ORGANIZATION } = process.env
  const ana = await company.mint('ana')
  const inside = await service.good('ana', '/v1/me', ana)
  const token = await mock.sign({ claims: { name: 'Gus Grissom', roles: [ADMINISTRATOR] } })
  const gus = await service.good('gus', '/v1/me', token)
  expect("gus's organization", OTHER_ORGANIZATION, gus.organization.id)
  const list = async (one) => (await service.good('a list', '/v1/members?limit=100', one)).data.map(({ id }) => id)
  const [theirs, seen] = [await list(ana), await list(token)]
  expect('whether gus is in their list', true, seen.includes(gus.id))
  expect('whom both see', [], seen.filter((id) => theirs.includes(id)))
  await service.refused('gus', `/v1/members/${inside.id}`, token, 404, 'not_found')
  const audit = await service.good('gus', '/v1/audit-entries?limit=100', token)
  expectThat('audit entries that gus sees', !JSON.stringify(audit).includes(inside.id), 'none of Ana', audit.data)

  const ids = [ORGANIZATION, OTHER_ORGANIZATION]
  const others = ['acme', ...ids, 'GLOBEX', '', ['globex'], 7, { globex: true }, null, undefined]
  const reason = spaced('names no organization that its issuer may speak for')
  for (const org of others) {
    await service.stranger(`org ${JSON.stringify(org)}`, await mock.sign({ claims: { org } }), reason)
  }
  return `an administrator of the other organization sees ${seen.length} of its people, none of the ${theirs.length} `
    + 'of this one, and 404 for Ana; '
    + `${others.length} of ${others.length} claims that are not listed refused with 401`
}

const far = (secondsAway) => Math.floor(Date.now() / 1000) + secondsAway

/** What the signature does not save. */
function refusals(url) {
  const deep = JSON.parse('['.repeat(130) + ']'.repeat(130))
  return [
    ['aud of another', { aud: 'https://payroll.example.com' }, 'is meant for someone else'],
    ['aud missing', { aud: undefined }, 'is meant for someone else'],
    ['aud a list with a number', { aud: [AUDIENCE, 1] }, 'is meant for someone else'],
    ['aud an object', { aud: { [AUDIENCE]: true } }, 'is meant for someone else'],
    ['iss a list', { iss: [url] }, "'s issuer is unknown"],
    ['exp in 25 hours', { exp: far(25 * 3600) }, 'lives too long'],
    ['exp in the year 9000', { exp: 221_845_392_000 }, 'lives too long'],
    ['exp 1e19', { exp: 1e19 }, "'s times cannot be read"],
    ['exp a text', { exp: String(far(60)) }, "'s times cannot be read"],
    ['exp missing', { exp: undefined }, "'s times cannot be read"],
    ['exp long ago', { exp: far(-60), iat: far(-120) }, 'has expired'],
    ['nbf in five minutes', { nbf: far(300) }, 'is not valid yet'],
    ['nbf a text', { nbf: 'tomorrow' }, "'s times cannot be read"],
    ['iat in five minutes', { iat: far(300), exp: far(600) }, 'is not valid yet'],
    ['sub missing', { sub: undefined }, "'s subject cannot be read"],
    ['sub empty', { sub: ' ' }, "'s subject cannot be read"],
    ['sub a number', { sub: 7 }, "'s subject cannot be read"],
    ['sub of 256 characters', { sub: 'é'.repeat(256) }, "'s subject cannot be read"],
    ['sub of 10,000 characters', { sub: 'x'.repeat(10_000) }, 'is too long'],
    ['sub with NUL', { sub: 'gus\0' }, "'s subject cannot be read"],
    ['nested 130 deep', { address: deep }, 'is not a compact JWT'],
  ].map(([what, claims, reason]) => [what, { claims }, reason]).concat([
    ['typ JWT', { header: { typ: 'JWT' } }, 'is of another type'],
    ['typ missing', { header: { typ: undefined } }, 'is of another type'],
    ['kid unknown', { header: { kid: 'm-three' } }, "'s key is unknown"],
    ['kid of another key', { header: { kid: 'm-two' }, kid: 'm-one' }, "'s signature is wrong"],
    ['kid missing where 2 keys fit', { header: { kid: undefined }, kid: 'm-one' }, 'does not say which key signed it'],
  ])
}

/** What is odd and harms nobody: they come in as members and no more, under a name that is fit to be shown. */
const HANDLED = [
  ['kid missing where one key fits', { header: { kid: undefined } }],
  ['aud a list with this service in it', { claims: { aud: ['account', AUDIENCE] } }],
  ['roles a number', { claims: { roles: 7 } }],
  ['roles an object', { claims: { roles: { [ADMINISTRATOR]: true } } }],
  ['roles in lists of lists', { claims: { roles: [[ADMINISTRATOR], { name: ADMINISTRATOR }, null, 7] } }],
  ['roles almost right', { claims: { roles: [ADMINISTRATOR.toUpperCase(), `${ADMINISTRATOR} `, 'administrator'] } }],
  ['name with control characters', { claims: { name: 'Gus\u001b[31m\r\nSet-Cookie: x\0' } }, 'name-0'],
  ['name an object', { claims: { name: { first: 'Gus' } } }, 'name-1'],
  ['name of 10 lines', { claims: { name: 'Gus\n'.repeat(10) } }, 'name-2'],
  ['sub of 255 characters', {}, 'g'.repeat(255)],
  ['email a number', { claims: { email: 7, email_verified: 'no' } }, 'mail-0'],
]

export async function checkForgeries(service, mock) {
  const refused = refusals(mock.url)
  for (const [what, token, reason] of refused) await service.stranger(what, await mock.sign(token), spaced(reason))
  for (const [what, token, subject] of HANDLED) {
    const signed = await mock.sign({ ...token, subject })
    const me = await service.good(what, '/v1/me', signed)
    const line = /^[^\p{Cc}]{1,200}$/u.test(me.name)
    expectThat(`${what}: the name shown`, line, 'one line without control characters', me.name)
    await service.refused(what, '/v1/help-requests', signed, 403, 'administrators_only')
  }
  const names = (cases) => cases.map(([what]) => what).join('; ')
  return `${refused.length} refused with 401, each for its own reason (${names(refused)}); `
    + `${HANDLED.length} come in as members and no more (${names(HANDLED)})`
}
