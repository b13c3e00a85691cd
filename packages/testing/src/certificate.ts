import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** The attributes of a subject, in the order in which they stand in the certificate. */
export type Subject = Readonly<Partial<Record<keyof typeof attributes, string | readonly string[]>>>

export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
  readonly subject: Subject
}

const attributes = { CN: [0x55, 0x04, 0x03], O: [0x55, 0x04, 0x0a], OU: [0x55, 0x04, 0x0b] }
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

/**
 * A certificate for 127.0.0.1, signed by `signer` or by itself, valid for all the years a UTCTime can say (RFC 5280
 * section 4.1). Every one may sign others.
 */
export function certificate(subject: Subject = { CN: 'postern test' }, signer?: Certificate): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const own = { key: privateKey, subject }
  const issuer: { key: string | KeyObject; subject: Subject } = signer ?? own
  const isAuthority = sequence(oid(0x55, 0x1d, 0x13), octets(sequence(der(0x01, Buffer.of(0xff)))))
  const address = sequence(oid(0x55, 0x1d, 0x11), octets(sequence(der(0x87, Buffer.of(127, 0, 0, 1)))))
  const content = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1), randomBytes(8)),
    ecdsaWithSha256,
    name(issuer.subject),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z'))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority, address)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', content, issuer.key))
  const body = sequence(content, ecdsaWithSha256, signature).toString('base64')
  return {
    subject,
    cert: `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function name(subject: Subject): Buffer {
  const parts = Object.entries(subject).flatMap(([type, values]) =>
    [values].flat().map((value) => {
      const utf8 = der(0x0c, Buffer.from(value))
      return der(0x31, sequence(oid(...attributes[type as keyof typeof attributes]), utf8))
    }),
  )
  return sequence(...parts)
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return der(0x30, ...contents)
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function octets(content: Buffer): Buffer {
  return der(0x04, content)
}
