import { cee } from './cee.ts'
import { dach } from './dach.ts'
import { france } from './france.ts'
import { iberia } from './iberia.ts'
import { japan } from './japan.ts'
import { latam } from './latam.ts'
import { mena } from './mena.ts'
import { uki } from './uki.ts'

export const locales = [dach, france, iberia, uki, cee, japan, mena, latam]
