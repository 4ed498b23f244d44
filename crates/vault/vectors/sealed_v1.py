#!/usr/bin/env python3
"""Sealed format v1, written a second time and independently, to test the Rust code against.

Needs only the package `cryptography`: XChaCha20-Poly1305 is HChaCha20 in Python over the RFC 8439 AEAD.

  sealed_v1.py selftest [WYCHEPROOF_XCHACHA20_POLY1305.json]   tamper cases, and the published vectors if given
  sealed_v1.py vectors > sealed_v1.json                        the known answers kept beside this file
  sealed_v1.py random N > FILE                                 N random values, for KEYWARD_VECTORS=FILE cargo test vector
  sealed_v1.py check FILE                                      opens and re-seals what another implementation wrote
"""
import struct, hmac, hashlib, json, sys, os
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

FMT, SUITE, HDR, COMMIT, TAG = 1, 1, 30, 32, 16
MAXPT = 65536

def _rotl(x, n): return ((x << n) & 0xffffffff) | (x >> (32 - n))
def hchacha20(key: bytes, n16: bytes) -> bytes:
    s = list(struct.unpack('<4I', b'expand 32-byte k') + struct.unpack('<8I', key) + struct.unpack('<4I', n16))
    def qr(a, b, c, d):
        s[a] = (s[a] + s[b]) & 0xffffffff; s[d] = _rotl(s[d] ^ s[a], 16)
        s[c] = (s[c] + s[d]) & 0xffffffff; s[b] = _rotl(s[b] ^ s[c], 12)
        s[a] = (s[a] + s[b]) & 0xffffffff; s[d] = _rotl(s[d] ^ s[a], 8)
        s[c] = (s[c] + s[d]) & 0xffffffff; s[b] = _rotl(s[b] ^ s[c], 7)
    for _ in range(10):
        qr(0,4,8,12); qr(1,5,9,13); qr(2,6,10,14); qr(3,7,11,15)
        qr(0,5,10,15); qr(1,6,11,12); qr(2,7,8,13); qr(3,4,9,14)
    return struct.pack('<8I', *(s[0:4] + s[12:16]))
def xseal(k, n, pt, aad): return ChaCha20Poly1305(hchacha20(k, n[:16])).encrypt(b'\0'*4 + n[16:], pt, aad)
def xopen(k, n, ct, aad): return ChaCha20Poly1305(hchacha20(k, n[:16])).decrypt(b'\0'*4 + n[16:], ct, aad)

def hkdf_extract(salt, ikm): return hmac.new(salt, ikm, hashlib.sha256).digest()
def hkdf_expand(prk, info, n=32):
    assert n == 32
    return hmac.new(prk, info + b'\x01', hashlib.sha256).digest()

def lp(b: bytes) -> bytes:
    assert len(b) <= 0xffff
    return struct.pack('>H', len(b)) + b
def field_context(table, column, tenant, owner, record, provider, origin, version) -> bytes:
    assert len(tenant) == len(owner) == len(record) == 16
    return (b'keyward/ctx/field/v1' + lp(table.encode()) + lp(column.encode()) + lp(tenant) + lp(owner)
            + lp(record) + lp(provider.encode()) + lp(origin.encode()) + struct.pack('>Q', version))
def keyring_context(root_id: bytes, keyring_version: int) -> bytes:
    assert len(root_id) == 8
    return b'keyward/ctx/keyring/v1' + lp(root_id) + struct.pack('>Q', keyring_version)

def header(key_id, nonce):
    assert 1 <= key_id <= 0xffffffff and len(nonce) == 24
    return struct.pack('>BBI', FMT, SUITE, key_id) + nonce
def derive(dek, hdr, ctx):
    prk = hkdf_extract(hdr[6:30], dek)
    bind = hdr + hashlib.sha256(ctx).digest()
    return hkdf_expand(prk, b'keyward/enc/v1' + bind), hkdf_expand(prk, b'keyward/com/v1' + bind)
def seal(dek, key_id, nonce, ctx, pt):
    assert len(dek) == 32 and 1 <= len(pt) <= MAXPT
    h = header(key_id, nonce); ke, kc = derive(dek, h, ctx)
    return h + kc + xseal(ke, nonce, pt, h + kc + ctx)
class Bad(Exception): pass
def open_(keys: dict, ctx, blob):
    if len(blob) < HDR + COMMIT + 1 + TAG: raise Bad('malformed')
    fmt, suite, kid = struct.unpack('>BBI', blob[:6])
    if fmt != FMT or suite != SUITE or kid == 0 or len(blob) > HDR + COMMIT + MAXPT + TAG: raise Bad('malformed')
    if kid not in keys: raise Bad('unknown_key')
    h, com, ct = blob[:HDR], blob[HDR:HDR+COMMIT], blob[HDR+COMMIT:]
    ke, kc = derive(keys[kid], h, ctx)
    if not hmac.compare_digest(kc, com): raise Bad('commitment')
    try: return xopen(ke, h[6:], ct, h + com + ctx)
    except Exception: raise Bad('tag') from None

def sample():
    dek, root = bytes(range(32)), bytes(range(32, 64))
    t, o, r = bytes([0x11])*16, bytes([0x22])*16, bytes([0x33])*16
    ctx = field_context('provider_keys', 'secret', t, o, r, 'openai', 'https://api.openai.com:443', 1)
    nonce = bytes(range(0x40, 0x58))
    return dek, root, (t, o, r), ctx, nonce

def selftest(wy=None):
    if wy:
        j = json.load(open(wy)); n = bad = 0
        for g in j['testGroups']:
            for t in g['tests']:
                k, iv, aad, msg, ct, tag = (bytes.fromhex(t[x]) for x in ('key','iv','aad','msg','ct','tag'))
                n += 1
                if len(iv) != 24: ok = False
                else:
                    try: ok = xopen(k, iv, ct + tag, aad) == msg
                    except Exception: ok = False
                    if ok and t['result'] == 'valid': ok = xseal(k, iv, msg, aad) == ct + tag
                bad += ok != (t['result'] == 'valid')
        print(f'wycheproof xchacha20-poly1305: {n} vectors, {bad} disagreements')
        assert not bad
    dek, root, ids, ctx, nonce = sample(); pt = b'sk-canary-0123456789abcdef'
    b = seal(dek, 7, nonce, ctx, pt); keys = {7: dek}
    assert open_(keys, ctx, b) == pt and len(b) == 78 + len(pt)
    def refused(f):
        try: f()
        except Bad: return True
        return False
    c = 0
    for i in range(len(b)):
        for bit in range(8):
            x = bytearray(b); x[i] ^= 1 << bit
            assert refused(lambda: open_(keys, ctx, bytes(x))), i; c += 1
    for i in range(len(b)): assert refused(lambda: open_(keys, ctx, b[:i])); c += 1
    for e in (b'\0', b'\xff'*3): assert refused(lambda: open_(keys, ctx, b + e)); c += 1
    base = ['provider_keys','secret',*ids,'openai','https://api.openai.com:443',1]
    for i, alt in enumerate(['provider_key','secret2',b'\x12'*16,b'\x23'*16,b'\x34'*16,'openrouter','https://evil.example:443',2]):
        f = list(base); f[i] = alt
        assert refused(lambda: open_(keys, field_context(*f), b)), i; c += 1
    assert refused(lambda: open_({7: bytes(32)}, ctx, b)) and refused(lambda: open_({8: dek}, ctx, b)); c += 2
    assert refused(lambda: open_(keys, keyring_context(b'\0'*8, 1), b)); c += 1
    # injectivity of the context: moving a byte across a field border must change it
    assert field_context('ab','c',*ids,'p','o',1) != field_context('a','bc',*ids,'p','o',1)
    print(f'format v1: {c} tamper/move/truncate/wrong-key cases, all refused')

def vectors():
    dek, root, ids, ctx, nonce = sample(); out = []
    for name, pt in [('short', b'x'), ('openai-like', b'sk-proj-' + b'A'*40), ('utf8', 'clé-ключ'.encode()), ('1KiB', b'k'*1024)]:
        out.append(dict(name=name, result='valid', dek=dek.hex(), key_id=7, nonce=nonce.hex(), context=ctx.hex(), pt=pt.hex(), blob=seal(dek, 7, nonce, ctx, pt).hex()))
    g = bytes.fromhex(out[1]['blob'])
    def neg(name, blob, c=ctx, d=dek, err=None): out.append(dict(name=name, result='invalid', error=err, dek=d.hex(), key_id=7, context=c.hex(), blob=blob.hex()))
    neg('flip-fmt', b'\x02' + g[1:], err='malformed'); neg('flip-suite', g[:1] + b'\x02' + g[2:], err='malformed')
    neg('key-id-zero', g[:2] + b'\0'*4 + g[6:], err='malformed'); neg('key-id-unknown', g[:2] + struct.pack('>I', 8) + g[6:], err='unknown_key')
    neg('flip-nonce', g[:6] + bytes([g[6]^1]) + g[7:], err='commitment'); neg('flip-commit', g[:30] + bytes([g[30]^1]) + g[31:], err='commitment')
    neg('flip-ct', g[:62] + bytes([g[62]^1]) + g[63:], err='tag'); neg('flip-tag', g[:-1] + bytes([g[-1]^1]), err='tag')
    neg('truncated', g[:-1], err='tag'); neg('empty', b'', err='malformed'); neg('header-only', g[:78], err='malformed')
    neg('wrong-key', g, d=bytes(32), err='commitment')
    t, o, r = ids
    for n, a in [('other-owner', ('provider_keys','secret',t,b'\x23'*16,r,'openai','https://api.openai.com:443',1)), ('other-record', ('provider_keys','secret',t,o,b'\x34'*16,'openai','https://api.openai.com:443',1)),
                 ('other-endpoint', ('provider_keys','secret',t,o,r,'openai','https://evil.example:443',1)), ('other-version', ('provider_keys','secret',t,o,r,'openai','https://api.openai.com:443',2)),
                 ('other-column', ('provider_keys','secret2',t,o,r,'openai','https://api.openai.com:443',1))]:
        neg(n, g, c=field_context(*a), err='commitment')
    rid = hkdf_expand(hkdf_extract(b'keyward/root/v1', root), b'keyward/root-id/v1')[:8]
    kek = hkdf_expand(hkdf_extract(b'keyward/root/v1', root), b'keyward/kek/v1')
    kc = keyring_context(rid, 3)
    out.append(dict(name='keyring-wrap', result='valid', root=root.hex(), root_id=rid.hex(), dek=kek.hex(), key_id=1, nonce=nonce.hex(), context=kc.hex(), pt=b'{"v":1}'.hex(), blob=seal(kek, 1, nonce, kc, b'{"v":1}').hex()))
    neg('keyring-blob-in-field', seal(dek, 7, nonce, kc, b'{"v":1}'), err='commitment')
    json.dump(dict(format='keyward-sealed-v1', note='field context = field_context(); key_id 7 unless stated; errors are the internal class, callers see one generic error', tests=out), sys.stdout, indent=1)

def random_vectors(n):
    out = []
    for i in range(1, n + 1):
        dek, nonce, pt = os.urandom(32), os.urandom(24), os.urandom(i)
        ids = [os.urandom(16) for _ in range(3)]
        ctx = field_context('provider_keys', 'secret', *ids, 'openai', 'https://api.openai.com:443', i)
        out.append(dict(name=f'random-{i}', result='valid', dek=dek.hex(), key_id=i, nonce=nonce.hex(), context=ctx.hex(), pt=pt.hex(), blob=seal(dek, i, nonce, ctx, pt).hex()))
    json.dump(dict(format='keyward-sealed-v1', tests=out), sys.stdout)

def check(file):
    tests = json.load(open(file))['tests']
    for t in tests:
        dek, ctx, blob = (bytes.fromhex(t[x]) for x in ('dek', 'context', 'blob'))
        try: got = open_({t['key_id']: dek}, ctx, blob)
        except Bad as e:
            assert t['result'] == 'invalid' and t['error'] == str(e), (t['name'], str(e)); continue
        assert t['result'] == 'valid' and got.hex() == t['pt'], t['name']
        assert seal(dek, t['key_id'], bytes.fromhex(t['nonce']), ctx, got) == blob, t['name']
    print(f'{file}: {len(tests)} vectors agree')

if __name__ == '__main__':
    command, rest = sys.argv[1], sys.argv[2:]
    if command == 'selftest': selftest(*rest)
    elif command == 'vectors': vectors()
    elif command == 'random': random_vectors(int(rest[0]))
    elif command == 'check': check(rest[0])
    else: sys.exit(__doc__)
