"""Passwords that are tried first. Short ones are missing because ten characters are asked for anyway.

Entries that recur in published lists of the most used passwords, in China and elsewhere.
"""

# Refused as they stand.
EXACT = frozenset(
    """
    0123456789 0987654321 1029384756 1122334455 1123581321 1234512345 12345678910 123456789a 123456789q
    123456789abc 1234567890 1234567890a 1234567890q 1234qwerasdf 123qweasdzxc 12qwaszx12 1314520131 147258369a
    1472583690 1478963250 147852369a 159357456a 159753456 159753258456 1a2b3c4d5e 1q2w3e4r5t 1q2w3e4r5t6y
    1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc 2020202020 3141592653 31415926535 5201314520 5211314521
    7758521521 7894561230 987654321a 9876543210 a1b2c3d4e5 a1s2d3f4g5 aa123456789 aabbccddee abc123456789
    abcd123456 abcd12345678 abcde12345 abcdef1234 adminadmin administrator asd123456789 asdfghjkl123
    asdfghjkl; asdf123456 basketball changeme123 charlie123 computer123 football123 forestcarbon google1234
    iloveyou1314 iloveyou520 internet123 letmein123 liverpool1 loveyou1314 manchester michael123 mynameis123
    myspace123 newpassword p@ssw0rd123 pa55word123 passw0rd123 passwordpassword princess123 q123456789
    q1w2e3r4t5 q1w2e3r4t5y6 qazwsx123456 qazwsxedc123 qazwsxedcrfv qq123456789 qwe123456789 qweasdzxc123
    qwer123456 qwer12345678 qwerty12345 qwertyuiop qwertyuiop123 starwars123 sunshine123 superman123
    test123456 trustno1234 welcome123 windows123 woaini1314 woaini520 woaini521 woaiwojia w123456789
    wang123456 xiaoming123 yichun2026 z123456789 zaq12wsxcde3 zhang123456 zxcvbnm123 zxcvbnm1234 zz123456789
    """.split()
)

# Refused with any digits and signs around them: "Password2026!", "woaini1314520".
CORES = frozenset(
    """
    admin asdfgh asdfghjkl changeme dragon football forest guest iloveyou letmein login master monkey pass
    passw0rd password qazwsx qwe qwer qwert qwerty qwertyuiop root secret sunshine superman test user welcome
    woaini woaiwojia yichun zhongguo zxcvbn zxcvbnm
    """.split()
)
