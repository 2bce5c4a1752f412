import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
globalThis.verifyCredential = async (credential, documents) => {
  const documentLoader = async url => {
    if (!(url in documents)) throw new Error('nothing is fetched: ' + url);
    return {contextUrl: null, documentUrl: url, document: documents[url]};
  };
  const suite = new DataIntegrityProof({cryptosuite});
  const statusSuite = new DataIntegrityProof({cryptosuite});
  const result = await vc.verifyCredential({
    credential, suite, documentLoader,
    checkStatus: options => checkStatus({...options, suite: statusSuite, documentLoader, verifyBitstringStatusListCredential: true}),
  });
  const told = [result.error, ...((result.error && result.error.errors) || [])];
  const {results = [], error} = result.statusResult || {};
  const errors = [...told, error, ...results.map(each => each.error)].filter(Boolean).map(String);
  const status = results.map(each => [each.credentialStatus && each.credentialStatus.statusPurpose, each.status]);
  return {verified: result.verified, status, errors};
};
