"""The words that `adult` looks for: nudity in two strengths, garments, and what is harmless.

Lower case, without accents.
"""

from __future__ import annotations

ADULT_WORDS = """
    topless bottomless undress undresses undressing undressed unclothed
    disrobe disrobed disrobing nipple nipples boobs tits buttocks areola areolas vulva
    porn porno pornographic pornography nsfw nakd upskirt cameltoe deepthroat camgirl onlyfans
    xxx erotic erotica sex sexual sexually genitals genitalia penis vagina fetish bdsm hentai
    striptease stripper strippers orgasm masturbating masturbation intercourse blowjob
    nude nudes nudity naked nudist centerfold milf evaskostum adamskostum
    nackt nackte nackter nackten nackig pornografie pornografisch erotisch erotik sexuell
    entkleidet unbekleidet nue nues nudite denude denudee erotique sexuelle pornographique
    desnudo desnuda desnudos desnudas desnudez erotico erotica sexo sexuales nuda nudi nudita
    erotici sessuale sesso pornografico pornografica nua nuas
    naakt naakte seks naken nakna nogne alaston nagi erotyczny ciplak
    голый голая голые обнаженный обнаженная обнаженные порно эротика эротический секс
    عاري عارية إباحي नग्न अश्लील
"""
# These write without spaces.
ADULT_ANYWHERE = (
    *(
        "裸体",
        "裸體",
        "全裸",
        "裸",
        "色情",
        "脱衣",
        "服を脱",
        "脱掉",
        "脱下",
        "脱光",
        "没穿",
        "沒穿",
    ),
    *(
        "一丝不挂",
        "ヌード",
        "ポルノ",
        "エロい",
        "エロティ",
        "エロチ",
        "포르노",
        "누드",
        "알몸",
        "옷을 벗",
        "옷 벗",
    ),
)

# What covers a body, and nothing else is called so.
CLOTHES = """
    clothes clothing underclothes underwear lingerie bra bras panties knickers garment garments
    outfit kleidung kleider vetements habits ropa vestiti abiti roupa roupas kleren kleding ubrania
    ubranie ubran одежды одежда одежду
"""
WORN = """
    dress shirt t-shirt tshirt blouse skirt trousers pants jeans shorts bikini swimsuit sweater
    robe gown bodysuit bodice pyjamas pajamas kleid hemd bluse rock hose oberteil bh chemise jupe
    pantalon culotte soutien-gorge vestido camisa camiseta falda pantalones sujetador bragas blusa
    vestito camicia maglietta gonna pantaloni reggiseno saia calcas sutia платье платья юбку юбки
    рубашку рубашки лифчик лифчика трусы jurk broek rok sukienke koszule koszulke bluzke spodnice
    spodnie majtki stanik biustonosz chemisier
"""
# Garments, and parts of furniture too.
DOUBTFULLY_WORN = "top haut"
# Worn over others: taken off they undress nobody.
OVER = "jacket jackets coat coats"
GROWN = """
    adult adults adulthood grown grownup grownups mature older old elderly aged wrinkle wrinkles
    erwachsene erwachsener erwachsenen adulte adultes adulto adultos adulta adultas adulti
"""
# With a garment or an age these say no more than it does alone.
FILLING = """
    the a an any all her his their my no t s up ups some more much very too many visible person
    people woman women man men lady model body face skin and or of on in with
"""
# After these a garment is the place of what is meant.
PLACES = """
    on from of off in at with under behind around for to by near beside below beneath above over
    between inside onto against along across that which who wearing holding
    von vom auf am an im aus mit unter hinter neben uber bei zum des
    du d au aux a sur sous dans avec derriere pour del al en con sobre bajo para
    di da dal dalla dallo dai dagli dalle dall del della dello dei degli delle dell su sul sulla
    sullo sui sugli sulle sull nel nella per sotto dietro do na em van op uit met onder achter voor
    z ze w we od pod za przy
"""
# And before these it is one of several that lie there.
OF_SEVERAL = """
    second third left right other extra additional spare duplicate unused
    zweite zweiten linke linken rechte rechten andere anderen zusatzliche uberflussige
    deuxieme autre gauche droite droit segundo segunda otro otra izquierdo izquierda derecho derecha
    secondo seconda altro altra tweede linker rechter andere extra
    druga drugie lewa lewe prawa prawe dodatkowa dodatkowe
"""
# From whom a garment is taken.
FROM = (
    r"(?:from|of|off|on|von|vom|an|bei|der|des|de|du|a|al|alla|da|dal|dalla|del|della|van|bij|z|ze)"
)
SOMEBODY_TOO = "him me body mannes modella modelo modele ragazza chica fille"
# To undress somebody, where languages have no word for it that says nothing else.
UNDRESS = (
    r"zieh\w* (?:sie|ihn|die frau|den mann|das model) (?:\w+ )?aus|entkleide|"
    r"deshabille[rz]?(?:-l(?:a|e|es)| (?:la|le|les|cette|une?) (?:femmes?|hommes?|modeles?))|"
    r"desnud(?:al[ao]s?|arl[ao]s?)|(?:desnuda|desviste) al? (?:la )?(?:mujer|modelo|hombre)|"
    r"spoglia(?:l[aoie]|rl[aoie])|spoglia (?:la|il|questa) (?:donna|modella|uomo|modello)|"
    r"kleed (?:haar|hem|(?:de|het) \w+) uit|rozbierz|rozebrac"
)
SOMEBODY = (
    r"(?:wom[ae]n|m[ae]n|girls?|boys?|models?|persons?|people|lady|ladies|body|bodies|figures?|"
    r"dancers?|couple|female|male|frau\w*|femmes?|mujer\w*|donna|donne|photos?|pics?|pictures?|"
    r"photoshoot|poses?)"
)

# "Nude" and "naked" of these is a colour or a surface.
COLOURS = """
    beige sand pink rose blush cream ivory white black brown tan taupe grey gray peach caramel
    camel coral gold red neutral pastel skin
"""
COLOUR_NOUNS = """
    colour colours color colors coloured colored tone tones toned shade shades palette hue hues
    colourway colorway farbe farben couleur teinte
"""
COLOURED = """
    lipstick lipsticks lip lips gloss liner eyeliner eyeshadow foundation blush make-up makeup nail
    nails polish heels pumps shoe shoes sandals boots sneakers flats tights stockings hosiery bag
    bags handbag purse clutch belt strap straps leather suede satin silk linen cotton velvet lace
    tulle fabric wool knit collection edition cushion cushions curtain curtains sofa rug sheet
    sheets bedding towel towels background backdrop wall walls candle vase ribbon packaging
    strumpfhose lining linings trim trims mesh overlay piping stitching sole soles insole insoles
"""
MATERIALS = """
    concrete brick bricks stone stones rock wood wooden oak pine timber plaster metal steel wall
    walls bulb bulbs lightbulb branch branches tree trees soil earth cake cakes eye flame edge edges
    juice palette wire wires boards floor beton holz wand lumiere mur murs pierre bois chene ampoule
    lune brique parete legno pietra pared madera luz parede madeira
    paredes ladrillo ladrillos hormigon pareti mattoni cemento sciana muur
    muro muri
"""
STATUES = "statue statues sculpture sculptures statuette statuettes bust busts"
