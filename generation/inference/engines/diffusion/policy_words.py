"""The words that `policy` looks for, and those that make them harmless.

Whole words, lower case, without accents, in the languages of most merchants; none that is a common
one in another language.
"""

from __future__ import annotations

ADULT_WORDS = """
    nude nudes nudity naked topless bottomless undress undresses undressing undressed unclothed
    disrobe disrobed disrobing nipple nipples boobs tits buttocks areola areolas vulva
    porn porno pornographic pornography nsfw
    xxx erotic erotica sex sexual sexually genitals genitalia penis vagina fetish bdsm hentai
    striptease stripper strippers orgasm masturbating masturbation intercourse blowjob
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
    *("裸体", "裸體", "全裸", "裸", "色情", "脱衣", "服を脱", "脱掉", "没穿衣", "沒穿衣"),
    *("ヌード", "ポルノ", "エロ", "포르노", "누드"),
)
MINOR_WORDS = """
    child children childs childlike kid kids kiddo kiddie baby babies toddler toddlers infant
    infants newborn newborns minors underage teen teens teenage teenager teenagers preteen preteens
    tween tweens juvenile adolescent adolescents prepubescent pubescent
    schoolgirl schoolgirls schoolboy schoolboys schoolchild schoolchildren schoolkid schoolkids
    kindergartner kindergartener preschooler preschoolers boy boys girl girls
    youngster youngsters loli lolita shota
    kinder kindern kindes kleinkind saugling jugendliche jugendlicher teenagerin madchen schuljunge
    minderjahrig minderjahrige minderjahriger schulerin schulmadchen
    enfant enfants bebe bebes adolescente adolescentes fillette fillettes garconnet
    ecoliere ecolier ninha ninho ninos ninas bambino bambina bambini bambine
    minorenne minorenni ragazzina ragazzino crianca criancas menina menino meisje jongen kinderen
    tiener dziecko dzieci dziecka nastolatka nastolatek dziewczynka chlopiec flicka pojke lapsi
    cocuk cocuklar bebek ребенок ребенка дети детей девочка девочки девочек мальчик мальчика
    подросток несовершеннолетний несовершеннолетняя
    طفل طفلة أطفال बच्चा बच्ची बच्चे
"""
MINORS_ANYWHERE = (
    *("未成年", "儿童", "兒童", "小孩", "女童", "男童", "婴儿", "少女", "少年"),
    *("子供", "子ども", "幼児", "赤ちゃん", "어린이", "미성년", "소녀", "소년"),
)
# What follows these signs where goods or a room are meant.
GOODS_SIGNS = (
    *("部屋", "用", "靴", "服", "椅", "机", "家具", "玩具", "おもちゃ", "房", "床", "鞋"),
    *("向け", "방", "옷", "신발", "의자", "가구", "장난감"),
)
# Minors in more than one word.
MINORS_SAID = (
    r"(?:high|middle|elementary|primary|grade)[- ]?school(?:ers?| (?:students?|pupils?|kids?))",
    r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)"
    r"[- ]graders?",
    r"(?:little|small|tiny|young)[- ](?:daughter|son|sister|brother|one|student|pupil)s?",
    r"little (?:lady|miss)|(?:an?|is|looks) minor(?=$|[.,;]| (?:in|on|with|who|wearing)\b)",
    r"jeunes? (?:filles?|garcons?)|petite?s? (?:filles?|garcons?)|kleine[rsn]? (?:tochter|sohn)",
    r"sweet sixteen|barely legal|jail ?bait|lolicon",
    r"(?:un|une|des|personnes?|filles?|garcons?) mineure?s?|^mineure?s?",
)
# Compounds that are goods where they stand alone: Kinderzimmer, Kinderschuhe.
MINOR_COMPOUNDS = r"(?:kinder|madchen)(?!garten)\w{3,}"

# Goods, rooms and occasions that minors' words go with.
GOODS = """
    bottle bottles blanket blankets carrier carriers bed beds cot cots crib cribs cradle
    bassinet pram prams stroller strollers pushchair buggy seat seats chair chairs highchair
    highchairs table tables desk desks stool stools sofa bench furniture wardrobe dresser shelf
    shelves bookcase lamp lights nightlight rug rugs carpet curtain curtains bedding pillow pillows
    cushion quilt duvet mattress room rooms bedroom bedrooms playroom playrooms nursery corner
    shoe shoes boots sneakers sandals slippers socks clothes clothing wear apparel outfit outfits
    dress dresses shirt shirts tshirt tee hoodie sweater cardigan jacket jackets coat coats romper
    bodysuit onesie bib bibs hat hats cap caps beanie mittens gloves glove scarf backpack backpacks
    bag bags lunchbox mug mugs cup cups plate plates bowl bowls cutlery spoon spoons tableware
    toy toys doll dolls blocks puzzle puzzles game games book books bookshelf playhouse
    tent bike bikes bicycle bicycles scooter scooters tricycle helmet helmets car cars
    monitor wipes wipe lotion shampoo soap powder cream food formula bathtub towel
    towels diaper diapers nappy nappies pacifier pacifiers rattle rattles teether gate leather suede
    collection section department store shop size sizes range products gift gifts card cards
    birthday party invitation album glasses sunglasses necklace bracelet jewellery
    jewelry crafts art drawings poster posters print wallpaper decor
    sachen zimmer bett mobel schuhe kleidung spielzeug raum tisch stuhl decke geschenk geschenke
    chambre chambres lit lits jouet jouets vetement vetements chaussures meuble meubles chaise
    cadeau cadeaux couverture biberon poussette
    habitacion dormitorio cuarto cama camas juguete juguetes ropa zapatos mueble muebles silla
    regalo camera cameretta stanza letto letti giocattolo giocattoli scarpe vestiti mobili sedia
    quarto berco brinquedo brinquedos sapatos roupa roupas moveis kamer kinderkamer speelgoed
    kleding schoenen pokoj lozko zabawki buty ubranka odasi yatagi oyuncagi ayakkabisi giysileri
    комната кровать игрушка игрушки обувь одежда мебель кроватка подарок
"""
# What may stand between the two: "kids wooden chair", "girl boss mug".
BESIDE_GOODS = """
    s t boss shower car high wooden wood leather cotton wool woollen linen felt silk plastic metal
    rattan wicker organic soft warm cosy cozy safety changing feeding nursing bath bathing running
    hiking rain winter summer school sports party birthday gift room bed first new old small big
    little tiny large white black grey gray pink blue red green yellow beige brown orange purple
    pastel colourful colorful striped modern vintage classic rustic simple handmade knitted toy
    bedside bunk play outdoor garden kitchen wall night reading study rocking picture story
"""
FOR = """
    for fur pour para per voor dla icin til till для
"""
OF = "de d del di da do des du dos van dla"
# "For" asks for goods, unless these stand before it.
ASKS_FOR = "looking searching search waiting asking posing look wait"
ARTICLES = """
    the a an my our your their all any little small young both des les l die das den der un une la
    le los las i gli
"""
AND = "and or und oder et ou y o e en i и"

# With these in the words, minors are people and not buyers: what they wear, and what they do.
PEOPLE_MEANT = """
    wearing wears worn dressed posing poses pose posed smiling smiles laughing laughs playing plays
    her his she he herself himself hers him they who whose
    swimming swims bathing bathes dancing dances modelling modeling models massage shirtless
    barefoot barefooted sexy seductive sensual provocative flirty alluring curvy busty
    portrant souriant souriante llevando sonriendo tragt lachelt indossa
"""
PEOPLE_ACT = """
    standing sitting lying kneeling holding walking running looking sleeping jumping crawling
    hugging holds sits stands lies looks walks runs
"""
# Anywhere in a word, as German writes it.
UNDERCLOTHES = (
    r"bikini|swim(?:suit|wear|ming)|bathing ?suit|lingerie|underwear|undies|panty|panties|thong\b|"
    r"g-string|\bbras?\b|bralette|brief(?:s\b)|boxers?\b|corset|fishnets?|garter|negligee|"
    r"nightgown|leotard|badeanzug|badehose|unterwasche|dessous|maillots? de bain|sous-?vetement|"
    r"traje de bano|"
    r"banador|ropa interior|costume da bagno|intimo|купальник|бель[ея]|水着|下着|泳装|泳衣|内衣|"
    r"수영복|속옷"
)

# Garments, as a lever on people: what may be taken off, and what may not be forbidden.
CLOTHES = (
    r"(?:clothes|clothing|underclothes|underwear|lingerie|bra|panties|garments?|outfit|"
    r"kleidung|kleider|vetements|habits|ropa|vestiti|abiti|roupas?|kleren|kleding|ubrania|ubran|"
    r"одежды|одежда)"
)
WORN = (
    rf"(?:{CLOTHES}|dress|shirt|t-?shirt|blouse|top|skirt|trousers|pants|jeans|shorts|bikini|"
    r"swimsuit|jacket|coat|sweater|robe|gown|kleid|hemd|robe|chemise|vestido|camisa|vestito)"
)
GROWN = (
    r"(?:adults?|adulthood|grown-?ups?|mature|older|old|elderly|aged|wrinkles?|erwachsene[rn]?|"
    r"adultes?|adultos?|adultas?|adulti)"
)
