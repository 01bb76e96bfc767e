import { type Command, Option } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { withOperatorOptions } from './operator-options.js';
import type { RegisterOptions } from './register-pseudonym.js';

export function defineRegister(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('register')
    .description(
      'get a pseudonym for a domain, at a portal or, without --portal, from the controller on this machine. ' +
        'Writes the certificate with its key (PKCS#12 in two forms) and the CA certificate; the password is shown once',
    )
    .argument('<domain>', 'ordinary name of the server')
    .option('--portal <url>', 'https URL of the portal')
    .option('--ca <file>', 'certificate (PEM) by which the portal is trusted, instead of the system’s')
    .option('--pkcs12 <file>', 'your certificate for the portal, where --portal is a pseudonym’s URL')
    .option('--password-file <file>', 'file with the password of --pkcs12')
    .option('--out <folder>', 'where files are written', '.')
    .option('--csr <file>', 'certificate request (PEM) for a key of your own; no PKCS#12 is made then')
    .addOption(new Option('--form <form>', 'form of the pseudonym').choices(['stored', 'stateless']))
    .addOption(new Option('--key-type <type>', 'kind of the keys').choices(['ecdsa-p256', 'rsa-2048']))
    .option(
      '--linker [code]',
      'let links between tenants lead to your own pseudonyms: alone it asks for a certificate for the linker and a ' +
        'code, with the code it ties this pseudonym to earlier ones',
    )
    .option(
      '--linker-csr <file>',
      'with --linker alone: certificate request (PEM) for another key of your own',
    );
  withOperatorOptions(command);
  withExamples(command, [
    [
      'cloakflow popsicl register shop.example --portal https://portal.popsicls.example --ca cloud-ca.pem',
      'as a client',
    ],
    ['cloakflow popsicl register shop.example --out keys', 'as the operator, on the controller’s machine'],
    [
      'cloakflow popsicl register shop.example --csr own.csr --json',
      'for a key that never leaves this machine',
    ],
    ['cloakflow popsicl register shop.example --linker', 'the first pseudonym of somebody who follows links'],
  ]);
  command.action(async (domain: string, options: RegisterOptions) => {
    const { registerPseudonym } = await import('./register-pseudonym.js');
    await registerPseudonym(domain, options, invocation);
  });
}
