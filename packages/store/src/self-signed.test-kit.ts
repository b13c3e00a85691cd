import { generateKeyPairSync, sign } from 'node:crypto'

/** A certificate for 127.0.0.1 that signs itself, valid for all the years a UTCTime can say (RFC 5280, 4.1). */
export function selfSigned(): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('postern test')))))
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const isAuthority = sequence(oid(0x55, 0x1d, 0x13), octets(sequence(der(0x01, Buffer.of(0xff)))))
  const address = sequence(oid(0x55, 0x1d, 0x11), octets(sequence(der(0x87, Buffer.of(127, 0, 0, 1)))))
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority, address)),
  )
  const signature = der(0x03, Buffer.of(0), sign('sha256', certificate, privateKey))
  const body = sequence(certificate, ecdsaWithSha256, signature).toString('base64')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${body.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

const sequence = (...contents: readonly Buffer[]) => der(0x30, ...contents)
const oid = (...bytes: readonly number[]) => der(0x06, Buffer.from(bytes))
const octets = (content: Buffer) => der(0x04, content)
